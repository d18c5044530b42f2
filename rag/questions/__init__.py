"""A question read: on its own after a conversation, in its parts, by its kind, its terms and what it names.

May import `rag.vocabulary`, `rag.gloss`, `rag.figures` and `rag.text`.
"""

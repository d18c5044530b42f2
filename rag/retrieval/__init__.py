"""A question into hits: dense and lexical search, one score from both, filters, near-duplicates.

May import `rag.vocabulary`, `rag.index`, `rag.vectors`, `rag.store`, `rag.embedding` and `rag.text`.
"""

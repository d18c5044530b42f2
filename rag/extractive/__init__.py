"""Hits into an answer made of quoted sentences, or into an abstention with its reason.

May import `rag.questions`, `rag.retrieval`, `rag.vocabulary`, `rag.index`, `rag.store`, `rag.embedding`,
`rag.gloss`, `rag.loading` (for which formats are Markdown), `rag.figures` and `rag.text`.
"""

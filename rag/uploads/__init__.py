"""Readers' own documents: taken in, listed with all others, deleted for good.

May import `rag.retrieval` (for its filter), `rag.index`, `rag.store` and `rag.loading`.
"""

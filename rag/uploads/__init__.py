"""Readers' own documents: taken in, listed with all others, deleted for good.

May import `rag.conversations` and `rag.feedback` (whose texts of a deleted one go too), `rag.checking`, `rag.retrieval`
(for its filter), `rag.index`, `rag.store` and `rag.loading`.
"""

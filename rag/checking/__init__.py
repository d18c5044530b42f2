"""Sentences into checked text: marks resolved to quotes, and whether the quotes carry what is said; again for `verify`.

May import `rag.extractive` (for its quotes and drafts), `rag.store`, `rag.splitting`, `rag.loading` (for which
formats are Markdown), `rag.figures` and `rag.text`.
"""

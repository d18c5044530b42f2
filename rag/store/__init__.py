"""The truth of an index: one SQLite file a generation with its passport, and the locks around it.

May import `rag.loading` and `rag.splitting` (for their versions), `rag.embedding` and `rag.text`.
"""

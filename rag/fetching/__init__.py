"""Official texts: which there are, how each is downloaded within bounds, and a record of what was downloaded.

May import `rag.loading` and `rag.store`.
"""

"""Dense search over the store's vectors, exactly or through Chroma, which is a cache of them.

May import `rag.store` and `rag.embedding`.
"""

"""The index as a whole: built from the files of its roots, opened for reading, described.

May import `rag.fetching`, `rag.vectors`, `rag.store`, `rag.embedding`, `rag.splitting`, `rag.loading` and `rag.text`.
"""

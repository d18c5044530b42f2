"""Conversations kept in the data folder: each one's owner alone reads it, and what is deleted is gone from the file.

May import `rag.checking` (for the sentences of an answer and their marks), `rag.store` (for its locks), `rag.loading`
(for where an upload's file lies) and `rag.text`.
"""

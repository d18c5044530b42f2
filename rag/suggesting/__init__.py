"""Questions that could be asked next, made from the documents without a model, each one answered before it is shown.

May import `rag.extractive` and `rag.retrieval` (to answer them), `rag.questions`, `rag.index` and `rag.text`.
"""

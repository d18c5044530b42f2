"""Texts into vectors: the embedding model, where its files lie, and what names it.

May import only `rag.gloss`.
"""

"""Hits into an answer written by a chat model: the prompt, the model under its deadline, its faults and its reply.

May import `rag.checking`, `rag.questions` and `rag.text`.
"""

"""The terminal's side: answers and reports as lines, a progress bar, a conversation.

May import `rag.chain`, `rag.index`, `rag.fetching` and `rag.text`.
"""

"""Documents into chunks, each with its exact place in the document's text.

May import `rag.text`.
"""

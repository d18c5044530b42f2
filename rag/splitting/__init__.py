"""Documents into chunks, each with its exact place in the document's text.

May import `rag.loading` (for which formats are Markdown) and `rag.text`.
"""

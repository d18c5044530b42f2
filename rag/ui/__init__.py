"""The chat page: everything in it that is Streamlit, its own component and its label catalogue.

May import what `rag` exports, `rag.terminal`, `rag.conversations` (for the values that a file is made of), `rag.index`,
`rag.embedding`, `rag.loading` (for which formats are Markdown) and `rag.text`; nothing else in `rag` imports it.
"""

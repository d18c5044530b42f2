"""Answers and conversations taken along: Markdown, plain text, one HTML file. Whatever they hold, nothing in it acts.

May import `rag.conversations`, `rag.checking` (for marks), `rag.loading` (for which characters may stand in a text) and
`rag.text`.
"""

"""The page: all that is Streamlit, its own component and its label catalogue. `frame.py` is what Streamlit runs.

May import what `rag` exports, `rag.terminal`, `rag.conversations` (for the values of a kept one), `rag.checking` (for
what may have become of a quote), `rag.index`, `rag.embedding`, `rag.loading` (for formats), `rag.splitting` (for a
passage's sentences), `rag.uploads` (for names and values), `rag.sharing` (for what may be a link), `rag.text`, and of
`eval` its public names; nothing else in `rag` imports it.
"""

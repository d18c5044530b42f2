"""Streamlit's entry: `streamlit run app.py`, or `python -m rag.ui`, which also brings the index up to date."""

import logging

from rag.ui.frame import LOG_FORMAT, main

logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
main()

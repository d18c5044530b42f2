"""Streamlit's entry in browser tests: the chat page over a conversation that a test has made (`served_page.py`)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import streamlit as st

from rag import Answer
from rag.ui.frame import main
from rag.ui.turns import Turn

if "turns" not in st.session_state:
    kept = json.loads(Path(os.environ["KIHON_PREPARED_TURNS"]).read_text("utf-8"))
    st.session_state.turns = [
        Turn(
            id=number,
            question=one["question"],
            state="done",
            answer=Answer.model_validate(one["answer"]),
            stage_ms=(10.0, 20.0, 30.0),
            suggestions=tuple(one["suggestions"]),
        )
        for number, one in enumerate(kept, 1)
    ]
main()

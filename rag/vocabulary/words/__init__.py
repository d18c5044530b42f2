"""Word lists that come with the program; `rag.vocabulary.thesaurus` reads them."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent

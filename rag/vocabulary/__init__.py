"""Words that say the same: everyday synonyms, and names in English and Japanese from glossary documents.

May import `rag.store` and `rag.text`.
"""

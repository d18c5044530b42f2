"""What readers say of answers, kept as cases: questions with what a right answer holds, for the eval suite to ask.

May import `rag.chain` (for how a question is read), `rag.index`, `rag.store` and `rag.text`.
"""

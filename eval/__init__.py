"""The eval suite: how good retrieval and answers are, measured on fixed questions."""

"""Text taken apart, whatever for: language, blocks, sentences, markup, search terms, headings that ask, persons.

May import no other package.
"""

"""Japanese into English, word by word: for models that read no Japanese.

May import no other package.
"""

"""Numbers, dates, money and the like in a text, each with its place and the value that it stands for.

May import no other package.
"""

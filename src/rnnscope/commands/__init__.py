"""One function per verb: parse, call one function, print what it returns.

Docstrings and annotations here are what `--help` shows. Everything heavy is imported inside the verbs.
"""

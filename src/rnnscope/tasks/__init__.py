"""Synthetic tasks: sequences whose right answers are known, and how far back networks learn to answer them."""

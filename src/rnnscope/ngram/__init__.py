"""Kneser-Ney n-grams of every length at once: the rivals with a known memory."""

"""Folds what was recorded into findings. Statistics of dependent symbols are in `stats`."""

"""Finds the weights: the loop, its optimiser and schedule, evaluation, and the journal that makes resuming exact."""

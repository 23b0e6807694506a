"""The six recurrences: readable reference steps, one gate table, and the choice of who computes them."""

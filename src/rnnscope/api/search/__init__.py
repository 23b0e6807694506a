"""The search for cells from end to end: what the statistics, the features and the interventions do for each other.

material   a text dealt out to three parts, with its features
states     what the network computes over a part, handed to folds; kept where it fits into memory
scan       scores of all cells
bars       what networks score that cannot have learned anything
kept       these scores, kept for the next search
probing    linear readings of every feature
proving    interventions on what was confirmed, and how far it reaches
hunt       the order of work
"""

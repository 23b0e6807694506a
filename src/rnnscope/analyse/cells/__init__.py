"""Which cells track what, and how sure that is: a search, a confirmation on other text, and the arithmetic of proof.

Arrays in, findings out: a recording comes as chunks, features and facts about networks as arrays. What counts as proof,
and why, stands in docs/claims.md; the order of work is

    parts     three disjoint parts of text: discover, confirm, intervene
    discover  every cell against every feature, one fold over the first part; the best go on as candidates
    confirm   candidates on the second part: shifts, untrained networks, size, symbol classes, recent symbols
    verdict   effects of interventions on the third part: causal or not

with probes, reach, gates and across beside them.
"""

# The verbs of dev.py for people who type make; nothing else happens here.
PYTHON ?= python3
VERBS = study test lint types campaign bench networks docs web setup clean

.PHONY: help $(VERBS)
help:
	@$(PYTHON) dev.py help
$(VERBS):
	@$(PYTHON) dev.py $@

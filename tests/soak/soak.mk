# make soak: calls, applications and faults of both, then the proof from the history; see soak.py.
#   make soak SOAK_SECONDS=600 SOAK_SEED=4
#   make soak SOAK_MODULES=asterisk        the same with Asterisk's own modules, for the record
SOAK_SECONDS ?= 120
SOAK_SEED ?=
SOAK_MODULES ?= ours

.PHONY: soak
soak: ## load and faults for SOAK_SECONDS=120, after two warm-ups, then a proof from the history [SOAK_SEED SOAK_MODULES=ours|asterisk]
	@sandbox/need sandbox soak race
	@$(MAKE) --no-print-directory -s ari-race
	@/usr/bin/python3 -B tests/soak/soak.py --seconds "$(SOAK_SECONDS)" --modules "$(SOAK_MODULES)" \
		$(SOAK_SEED:%=--seed %)

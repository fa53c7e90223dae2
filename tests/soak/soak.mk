# make soak: calls, applications and faults of both, then the proof from the history; see soak.py.
#   make soak SOAK_SECONDS=600 SOAK_SEED=4
#   make soak SOAK_MODULES=asterisk        the same with Asterisk's own modules, for the record
#   make soak-masquerades SOAK_MASQUERADES=5000   only the masquerades, on 22 and 16; see masquerades.py
SOAK_SECONDS ?= 120
SOAK_SEED ?=
SOAK_MODULES ?= ours
SOAK_MASQUERADES ?= 1000

.PHONY: soak
soak: ## load and faults for SOAK_SECONDS=120, after two warm-ups, then a proof from the history [SOAK_SEED SOAK_MODULES=ours|asterisk]
	@sandbox/need sandbox soak race
	@$(MAKE) --no-print-directory -s ari-race
	@/usr/bin/python3 -B tests/soak/soak.py --seconds "$(SOAK_SECONDS)" --modules "$(SOAK_MODULES)" \
		$(SOAK_SEED:%=--seed %)

.PHONY: soak-masquerades
soak-masquerades: ## SOAK_MASQUERADES=1000 of calls on offer at random moments on 22 and 16, then a proof from the history [SOAK_SEED]
	@sandbox/need sandbox soak
	@/usr/bin/python3 -B tests/soak/masquerades.py --count "$(SOAK_MASQUERADES)" $(SOAK_SEED:%=--seed %)

# The tests of the fleet: Asterisks that are joined by NATS; see docs/FLEET.md.
SOAK_SECONDS ?= 300

.PHONY: check-fleet soak-fleet
check-fleet: ## the fleet and what breaks in it, on three Asterisks and three NATS servers [PYTEST_ARGS=... GARBAGE_MB=10]
	@sandbox/need sandbox integration fleet
	@tests/fleet/run

soak-fleet: ## load on a fleet, and all that can break in it at random, then a proof from the history [SOAK_SECONDS=300 SOAK_SEED]
	@sandbox/need sandbox integration fleet
	@$(MAKE) --no-print-directory -s fleet-worker
	@/usr/bin/python3 -B tests/fleet/soak/soak.py --seconds "$(SOAK_SECONDS)" $(SOAK_SEED:%=--seed %)

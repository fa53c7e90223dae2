# make check-race: whether the judge of all other races can be trusted; see server.py.
.PHONY: check-race
check-race: ## the tests of ari-race: its arguments, its report, and the faults that it has to find
	@sandbox/need race integration
	@$(MAKE) --no-print-directory -s ari-race
	@tests/race/run

# make check: all tests, with what they need installed and built; see tests/check --help.
#   make check ONLY=integration-16 PYTEST_ARGS="-k hangup -x"
.PHONY: check check-quick
check: ## all tests, against Asterisk 22 and 16, under 25 min [ONLY=part... PYTEST_ARGS=...]
	@test -x /usr/bin/python3 || sandbox/need integration
	@/usr/bin/python3 -B tests/check $(ONLY)

check-quick: ## the core, ari-race, and a hundred integration tests on Asterisk 22, about 90 s
	@test -x /usr/bin/python3 || sandbox/need integration
	@/usr/bin/python3 -B tests/check --quick $(ONLY)

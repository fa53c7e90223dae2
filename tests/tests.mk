# make check: all tests, with what they need installed and built; see tests/check --help.
#   make check ONLY=integration-16 PYTEST_ARGS="-k hangup -x"
.PHONY: check
check: ## all tests, against Asterisk 22 and 16 [ONLY=part... PYTEST_ARGS=...]
	@test -x /usr/bin/python3 || sandbox/need integration
	@/usr/bin/python3 tests/check $(ONLY)

# What finds faults that no test asserts: sanitizers in Asterisk, the compilers' own analysis, hardening of
# what was built, and a flood.
.PHONY: asan-modules analyze hardening flood

asan-modules: ## the modules' tests under AddressSanitizer in Asterisk 22 and 16, 20 min [PYTEST_ARGS=...]
	@sandbox/need sandbox integration
	@tests/analysis/asan_modules.py

analyze: ## what gcc's analyzer and clang-tidy find
	@sandbox/need sandbox analyze
	@tests/analysis/analyze

hardening: ## are the modules hardened as Debian's packages are
	@sandbox/need sandbox analyze
	@tests/analysis/hardening

flood: ari-race ## claims for unknown ids, 1000 a second, beside good ones: 5 min [FLOOD_SECONDS=30 FLOOD_ROUNDS=5]
	@sandbox/need sandbox integration
	@tests/analysis/flood.py --seconds "$(or $(FLOOD_SECONDS),30)" --rounds "$(or $(FLOOD_ROUNDS),5)"

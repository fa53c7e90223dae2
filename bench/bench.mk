# Our modules against Asterisk's own, side by side: make bench, make bench-quick. What is measured
# and how is in docs/PERFORMANCE.md; results go to build/bench.
.PHONY: bench bench-quick bench-doc bench-needs

bench: bench-needs ari-race ## compare with Asterisk's own, about an hour [BENCH_PAIRS=5 BENCH_CASES="race fan-out"]
	@/usr/bin/python3 bench/bench.py

bench-quick: bench-needs ari-race ## the same, roughly, in 6 min
	@/usr/bin/python3 bench/bench.py --quick

bench-doc: ## put the results of the last make bench into docs/PERFORMANCE.md
	@/usr/bin/python3 bench/doc.py

bench-needs:
	@sandbox/need sandbox build race bench

# Before ari-race is built for the bench, and not for who wants ari-race alone: a package's build installs nothing.
ifneq ($(filter bench bench-quick,$(MAKECMDGOALS)),)
build/ari-race/ari-race: | bench-needs
endif

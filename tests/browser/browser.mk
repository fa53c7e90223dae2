# The console in a real browser; the part "browser" of make check.
.PHONY: check-console check-console-load screenshots
check-console: ## the console in Chromium, against a real Asterisk
	@sandbox/need sandbox integration race browser
	@tests/browser/run

check-console-load: ## the same with 200 workers and 50 calls a second for a minute: frame times
	@sandbox/need sandbox integration race browser
	@BROWSER_LOAD_SECONDS=60 tests/browser/run -q -k keeps_up

screenshots: ## pictures of the console with live calls, in build/screenshots
	@sandbox/need sandbox integration browser demo
	@/usr/bin/python3 -B tests/browser/screenshots.py

.PHONY: demo console
demo: ## six calls to three applications, on a real Asterisk [ASTERISK=22|16 CONSOLE=1: as make console]
	@sandbox/need sandbox demo
	@CONSOLE=$(CONSOLE) /usr/bin/python3 examples/demo/demo.py

console: ## a console in the browser, on a real Asterisk with workers and callers [ASTERISK=22|16]
	@$(MAKE) --no-print-directory demo CONSOLE=1

.PHONY: demo
demo: ## six calls to three applications, on a real Asterisk [ASTERISK=22|16]
	@sandbox/need sandbox demo
	@/usr/bin/python3 examples/demo/demo.py

# The pages for users are tested by the part "docs" of make check.
.PHONY: transcripts
transcripts: ## record the transcripts of docs/RUNNING.md again, from a real Asterisk
	@sandbox/need sandbox integration
	@/usr/bin/python3 -B tests/docs/record.py

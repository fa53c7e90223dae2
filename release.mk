# make dist: what a release hands out; see MAINTAINING.md.
VERSION = $(shell cat VERSION)
DIST = $(BUILD)/stasis-broadcast-$(VERSION).tar.gz

.PHONY: dist
dist: ## the tarball of the version in VERSION, from the last commit
	@mkdir -p $(BUILD)
	@git diff --quiet HEAD || echo "dist: there are changes that are not committed; the tarball is without them" >&2
	@git archive --prefix=stasis-broadcast-$(VERSION)/ -o $(DIST) HEAD
	@echo "$(DIST)"

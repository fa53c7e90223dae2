# Debian's packages: make deb, check-package; and what can be told of other processors: make cross.
# docs/PACKAGES.md tells what the packages do to a system.
.PHONY: deb check-package cross

deb: ## Debian's packages for the Asterisk of a root of the sandbox, in build/deb [ASTERISK=22|16|experimental]
	@sandbox/need sandbox
	@tools/deb/package $(or $(ASTERISK),22)

check-package: ## build, install, upgrade, remove and purge them in a copy of the root, on 22 and 16 [ASTERISK=22|16]
	@sandbox/need sandbox integration
	@set -e; for version in $(or $(ASTERISK),22 16); do tests/package/run $$version; done

cross: ## compile for arm64 and armhf what needs no Asterisk, without a warning
	@sandbox/need cross
	@tools/deb/cross

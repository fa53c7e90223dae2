# Layout and static checks of the C code.
C_FOLDERS := $(wildcard core include modules sandbox tests tools bench examples)
C_FILES = $(shell find $(C_FOLDERS) -name node_modules -prune -o -name '*.[ch]' -print)

.PHONY: lint lint-format lint-cppcheck format

lint: ## check the layout of the C code and look for mistakes (clang-format, cppcheck)
	@sandbox/need lint
	@$(MAKE) --no-print-directory lint-format lint-cppcheck

lint-format:
	@echo "clang-format: $(words $(C_FILES)) files"
	@clang-format --dry-run -Werror $(C_FILES)

# NULL as the end of an argument list is a pointer on every platform Asterisk runs on.
lint-cppcheck:
	@echo "cppcheck: $(filter-out examples,$(C_FOLDERS))"
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--library=.ci/cppcheck-asterisk.cfg --inline-suppr --suppress=varFuncNullUB \
		-Iinclude -Icore -Imodules -j $$(nproc) $(filter-out examples,$(C_FOLDERS))

format: ## lay the C code out as .clang-format says
	clang-format -i $(C_FILES)

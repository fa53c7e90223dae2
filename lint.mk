# Layout and static checks of the C code, and what editors and git want to have of it.
C_FOLDERS := $(wildcard core include modules sandbox tests tools bench examples)
C_FILES = $(shell find $(C_FOLDERS) -name node_modules -prune -o -name '*.[ch]' -print)

.PHONY: lint lint-format lint-cppcheck format

lint: ## check the layout of the C code, and search for mistakes (clang-format, cppcheck)
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

# For clangd and editors. It is what make would run, so that no other program has to be installed; without Asterisk's
# headers on this machine, with those of a root of the sandbox.
SANDBOX_ROOT = $(lastword $(shell for link in .sandbox/*; do readlink "$$link" | sed -n "s,/srv/sb/.*,,p"; done | sort -V))
ifeq ($(wildcard $(ASTERISK_INCLUDE)/asterisk.h),)
COMPILE_COMMANDS_FROM = $(if $(SANDBOX_ROOT),ASTERISK_INCLUDE=$(SANDBOX_ROOT)/usr/include)
endif

.PHONY: compile_commands.json hooks
compile_commands.json: ## how each C file is compiled, for clangd and editors
	@$(MAKE) -nB --no-print-directory $(COMPILE_COMMANDS_FROM) modules \
		$(addprefix $(BUILD)/modules/,$(addsuffix .so,$(notdir $(EXTRA_FILES:.c=) $(EXTRA_FOLDERS)))) \
		unit-plain ari-race | tools/compile-commands >$@

hooks: ## let git check the layout, and search for mistakes, of what is committed
	@hook=$$(git rev-parse --git-path hooks)/pre-commit; \
	if [ -e "$$hook" ] && ! grep -q tools/pre-commit "$$hook"; then \
		echo "hooks: there is a $$hook already; have it run tools/pre-commit" >&2; exit 1; \
	fi; \
	mkdir -p "$${hook%/*}" && printf '#!/bin/sh\nexec tools/pre-commit\n' >"$$hook" && chmod +x "$$hook" && \
	echo "Before each commit, tools/pre-commit checks the C files in it (git commit --no-verify: not this time)."

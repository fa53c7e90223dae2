# Stasis Broadcast. `make help` lists the targets.
#
#   make                                 the modules, against the Asterisk headers of this machine
#   make ASTERISK_INCLUDE=/opt/ast/include ASTMODDIR=/opt/ast/lib/asterisk/modules install
#
# Other subjects have their own fragments, included at the end.

.DEFAULT_GOAL := modules
SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

BUILD := build
HASH := \#
ifeq ($(origin PROJECT_VERSION),undefined)
PROJECT_VERSION := $(shell tools/version)
endif

ASTERISK_INCLUDE ?= /usr/include
CC_IS_DEFAULT := $(filter default undefined,$(origin CC))
ifneq ($(CC_IS_DEFAULT),)
CC := gcc
endif

# Flags from outside are used as they are; else what Debian builds its packages with.
HARDENING := $(shell DEB_BUILD_MAINT_OPTIONS=hardening=+bindnow dpkg-buildflags --get CFLAGS 2>/dev/null)
ifneq ($(HARDENING),)
CFLAGS ?= $(HARDENING)
CPPFLAGS ?= $(shell dpkg-buildflags --get CPPFLAGS)
LDFLAGS ?= $(shell DEB_BUILD_MAINT_OPTIONS=hardening=+bindnow dpkg-buildflags --get LDFLAGS)
else
CFLAGS ?= -O2 -g -fstack-protector-strong -Wformat -Werror=format-security
CPPFLAGS ?= -D_FORTIFY_SOURCE=2
LDFLAGS ?= -Wl,-z,relro -Wl,-z,now
endif

WARNINGS := -Wall -Wextra $(if $(filter true,$(CI)),-Werror)
CORE_FLAGS := -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -pthread $(WARNINGS) -Icore
MODULE_FLAGS := -std=gnu11 -fPIC -fvisibility=hidden -pthread $(WARNINGS) -Iinclude -Icore -Imodules -I$(BUILD)/obj -I$(BUILD)/generated
# The headers of Asterisk are a system's: their warnings are not ours.
ifneq ($(ASTERISK_INCLUDE),/usr/include)
MODULE_FLAGS += -isystem "$(ASTERISK_INCLUDE)"
endif

# Each folder of modules/ is one module, its subfolders included. A test or bench module is one file, or one folder;
# these are built on demand for the sandbox and never installed.
ALL_MODULE_NAMES := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard modules/*/*.c)))))
# Not all versions of Asterisk have the headers that each module needs.
NEEDS_res_stasis_broadcast_prometheus := asterisk/res_prometheus.h
LEFT_OUT := $(foreach name,$(ALL_MODULE_NAMES),$(if $(NEEDS_$(name)),$(if \
	$(wildcard $(ASTERISK_INCLUDE)/$(NEEDS_$(name))),,$(name))))
# Nor is each library there, whose header a module needs.
NEEDS_LIBRARY_res_stasis_broadcast_nats := nats/nats.h
LACKING := $(foreach name,$(ALL_MODULE_NAMES),$(if $(NEEDS_LIBRARY_$(name)),$(if $(shell \
	echo '$(HASH)include <$(NEEDS_LIBRARY_$(name))>' | $(CC) $(CPPFLAGS) $(MODULE_FLAGS) $(CFLAGS) -E -xc - >/dev/null 2>&1 || echo lacks),$(name))))
MODULE_NAMES := $(filter-out $(LEFT_OUT) $(LACKING),$(ALL_MODULE_NAMES))
EXTRA_FILES := $(wildcard tests/module/*.c bench/module/*.c)
EXTRA_FOLDERS := $(patsubst %/,%,$(sort $(dir $(wildcard tests/module/*/*.c bench/module/*/*.c))))
MODULE_SOS := $(MODULE_NAMES:%=$(BUILD)/modules/%.so)
ORIGIN := $(BUILD)/obj/modules/origin.o
LIBS_res_stasis_broadcast := -lpcre2-8
# Threads of the library may be on their way out of it when the module goes.
LIBS_res_stasis_broadcast_nats := -lnats -Wl,-z,nodelete

# What test_dispatch tries by itself: of the resource module, what the linker finds missing.
DISPATCH_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard modules/res_stasis_broadcast/dispatch/*.c))
DISPATCH_ARCHIVE := $(BUILD)/obj/test_dispatch.a
$(DISPATCH_ARCHIVE): $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out %/module.c,$(wildcard modules/res_stasis_broadcast/*.c)))
	rm -f $@
	ar rcs $@ $^
$(BUILD)/modules/test_dispatch.so: $(DISPATCH_ARCHIVE)
LIBS_test_dispatch := $(DISPATCH_ARCHIVE) -lpcre2-8

CORE_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard core/*.c))

.PHONY: modules
modules: $(MODULE_SOS) ## build the modules (the default)
	@$(foreach name,$(LEFT_OUT),echo "$(name).so is left out: $(ASTERISK_INCLUDE) has no $(NEEDS_$(name))";):
	@$(foreach name,$(LACKING),echo "$(name).so is left out: there is no $(NEEDS_LIBRARY_$(name)) (Debian: libnats-dev)";):

# Rebuild when the flags change, relink when a source file goes.
define remember
$(shell mkdir -p $(dir $(1)); printf '%s\n' '$(2)' | cmp -s - $(1) || printf '%s\n' '$(2)' >$(1))
endef

.PHONY: compiler headers
compiler:
	@command -v $(firstword $(CC)) >/dev/null || { echo "No $(CC): install the packages gcc and libc6-dev" >&2; exit 1; }
	@echo '#include <pcre2.h>' | $(CC) $(CPPFLAGS) $(CFLAGS) -DPCRE2_CODE_UNIT_WIDTH=8 -E -xc - >/dev/null 2>&1 || { \
		echo "No pcre2.h: install the package libpcre2-dev" >&2; exit 1; }
headers: compiler
	@test -e '$(ASTERISK_INCLUDE)/asterisk.h' || { \
		echo "No asterisk.h in $(ASTERISK_INCLUDE): install the package asterisk-dev, or say where the headers are: make ASTERISK_INCLUDE=/path/to/include" >&2; exit 1; }

$(BUILD)/obj/core/%.o: core/%.c $(BUILD)/obj/flags | compiler
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CORE_FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(ORIGIN): modules/origin.c $(BUILD)/obj/flags | compiler
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CORE_FLAGS) $(CFLAGS) -c -o $@ $<

# 64-bit atomics are a library's on some machines (ARMv6, armel, mipsel).
ATOMIC_PROBE := _Atomic long long a; int main(void) { return (int) (a += 1); }
LIBATOMIC = $(eval LIBATOMIC := $(shell mkdir -p $(BUILD)/obj; echo '$(ATOMIC_PROBE)' | \
	$(CC) $(CFLAGS) -xc -o $(BUILD)/obj/atomic - >/dev/null 2>&1 || echo -latomic))$(LIBATOMIC)

# A module refers to Asterisk's names, which no library at hand has: "-z defs" cannot forbid undefined ones, but it tells of
# all of them. What is neither named as Asterisk's names are nor in its headers would be missed only at load time.
ASTERISK_NAMES := ^_*(ast|ao2|aco|stasis|pbx|prometheus)_
UNDEFINED := sed -En "s/.*undefined (reference to|symbol:) [\`']?([A-Za-z0-9_.]+).*/\2/p"

# $(call check_undefined,file,log of the linker)
check_undefined = missing=; for name in $$($(UNDEFINED) $(2) | sort -u | grep -Ev '$(ASTERISK_NAMES)'); do \
	grep -rqw "$$name" '$(ASTERISK_INCLUDE)/asterisk' || missing="$$missing $$name"; done; \
	[ -z "$$missing" ] || { echo "$(1) needs what neither Asterisk nor a library has:$$missing" >&2; rm -f $(1); exit 1; }

# $(call link_module,file,objects,libraries)
define link_module
LC_ALL=C $(CC) $(CFLAGS) -pthread -shared $(LDFLAGS) -Wl,-z,defs -Wl,--warn-unresolved-symbols -o $(1) $(2) $(3) \
		-Wl,--as-needed -ldl $(LIBATOMIC) 2>$(BUILD)/obj/$(notdir $(1)).log || { cat $(BUILD)/obj/$(notdir $(1)).log >&2; exit 1; }
	@$(if $(findstring -fsanitize,$(CFLAGS)),:,$(call check_undefined,$(1),$(BUILD)/obj/$(notdir $(1)).log))
endef

# Each REST description becomes a C string: rest-api/X.json is X_json in "rest-api/X.json.h".
REST_API := $(patsubst %,$(BUILD)/obj/%.h,$(wildcard rest-api/*.json rest-api/api-docs/*.json))
$(REST_API): $(BUILD)/obj/%.json.h: %.json
	@mkdir -p $(@D)
	{ echo 'static const char $(notdir $*)_json[] =' && sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< && echo ';'; } >$@
$(BUILD)/obj/modules/res_ari_broadcasts/api_docs.o: $(REST_API)

# $(call module,name,sources,objects of others)
define module
$(call remember,$(BUILD)/obj/$(1).list,$(2) $(3))
$(BUILD)/modules/$(1).so: $(patsubst %.c,$(BUILD)/obj/%.o,$(2)) $(3) $(BUILD)/obj/$(1).list
	@mkdir -p $$(@D)
	$$(call link_module,$$@,$$(filter %.o,$$^),$$(LIBS_$(1)) -ldl)
$(patsubst %.c,$(BUILD)/obj/%.o,$(2)): $(BUILD)/obj/%.o: %.c $(BUILD)/obj/flags | headers
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS) $$(MODULE_FLAGS) -DAST_MODULE=\"$(1)\" \
		-DAST_MODULE_SELF_SYM=__internal_$(1)_self $$(CFLAGS) -MMD -MP -c -o $$@ $$<
-include $(patsubst %.c,$(BUILD)/obj/%.d,$(2)) $(patsubst %.o,%.d,$(3))
endef

ifneq ($(MODULE_NAMES)$(EXTRA_FILES)$(EXTRA_FOLDERS),)
$(call remember,$(BUILD)/generated/version.h,$(HASH)define STASIS_BROADCAST_VERSION "$(PROJECT_VERSION)")
$(call remember,$(BUILD)/obj/flags,$(CC) $(CPPFLAGS) $(CORE_FLAGS) $(MODULE_FLAGS) $(CFLAGS) $(LDFLAGS))
$(foreach name,$(MODULE_NAMES),$(eval $(call module,$(name),$(wildcard modules/$(name)/*.c modules/$(name)/*/*.c),\
	$(ORIGIN) $(if $(filter res_stasis_broadcast,$(name)),$(CORE_OBJECTS)))))
$(foreach file,$(EXTRA_FILES),$(eval $(call module,$(basename $(notdir $(file))),$(file),)))
$(foreach folder,$(EXTRA_FOLDERS),$(eval $(call module,$(notdir $(folder)),$(wildcard $(folder)/*.c),\
	$(if $(filter test_dispatch,$(notdir $(folder))),$(DISPATCH_OBJECTS) $(CORE_OBJECTS)))))
endif

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

# $(call help_of,subject,files): the targets of these files that have a text behind "##"
define help_of
@printf '\n%s\n' '$(1)'
@awk -F ':.*## ' '/^[a-z][a-z_.-]*:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(2)

endef
HELP_FILES = $(filter Makefile %.mk,$(MAKEFILE_LIST))
HELP_KNOWN = Makefile install.mk sandbox/% examples/% tests/tests.mk tests/unit/% tests/module/% tests/race/% \
	lint.mk tests/% bench/% tools/%

.PHONY: help
help: ## this list
	@echo 'make TARGET [SETTING=value ...]; without a target: make modules'
	$(call help_of,Build and install,Makefile install.mk)
	$(call help_of,A private Asterisk to try it in,$(filter sandbox/% examples/%,$(HELP_FILES)))
	$(call help_of,Test a change,$(filter tests/tests.mk tests/unit/% tests/module/% tests/race/%,$(HELP_FILES)))
	$(call help_of,Find what tests do not,$(filter-out tests/tests.mk tests/unit/% tests/module/% tests/race/%,$(filter tests/%,$(HELP_FILES))))
	$(call help_of,Measure,$(filter bench/% tools/%,$(HELP_FILES)))
	$(call help_of,Edit and release,lint.mk $(filter-out $(HELP_KNOWN),$(HELP_FILES)))

include install.mk lint.mk $(wildcard release.mk deb.mk)
include $(wildcard sandbox/*.mk tests/*.mk tests/*/*.mk tools/*/*.mk bench/*.mk examples/*/*.mk)

# Tests of the core on this machine, without any Asterisk: make check-core, tsan, asan, ubsan, stress.
# Included by the top-level Makefile; works alone too (make -f tests/unit/unit.mk check-core).

BUILD ?= build
UNIT_CC ?= gcc
UNIT_WARNINGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wshadow
UNIT_CORE_SRC = $(wildcard core/*.c)
UNIT_HEADERS = $(wildcard core/*.h tests/unit/*.h)
UNIT_TESTS := test_names test_table test_app_filter test_cpu_budget test_pace test_broadcast test_observers test_widening test_bids test_open_count test_registry test_in_line \
	test_memory
STRESS_BROADCASTS ?= 1000000
STRESS_THREADS ?= 8
STRESS_SEED ?= $(shell date +%s)

STRESS_OPTIONS = --broadcasts $(STRESS_BROADCASTS) --threads $(STRESS_THREADS) --seed $(STRESS_SEED)

# The same programs in four builds, each in a folder of its own.
UNIT_FLAGS_plain := -O2 -g
UNIT_FLAGS_tsan := -O1 -g -fsanitize=thread
UNIT_FLAGS_asan := -O1 -g -fsanitize=address -fno-omit-frame-pointer
UNIT_FLAGS_ubsan := -O1 -g -fsanitize=undefined,float-cast-overflow -fno-sanitize-recover=all -DCORE_TEST_SLOW

define unit_build
$(BUILD)/unit/$(1)/core/%.o: core/%.c $$(UNIT_HEADERS) | unit-needs
	@mkdir -p $$(@D)
	$$(UNIT_CC) $$(UNIT_WARNINGS) $$(UNIT_FLAGS_$(1)) -pthread -c -o $$@ $$<

$(BUILD)/unit/$(1)/%: tests/unit/%.c $$(UNIT_HEADERS) \
		$$(patsubst core/%.c,$(BUILD)/unit/$(1)/core/%.o,$$(UNIT_CORE_SRC))
	@mkdir -p $$(@D)
	$$(UNIT_CC) $$(UNIT_WARNINGS) $$(UNIT_FLAGS_$(1)) -pthread -Icore -o $$@ $$< $$(filter %.o,$$^) \
		-lcmocka -lpcre2-8

.PRECIOUS: $(BUILD)/unit/$(1)/core/%.o
.PHONY: unit-$(1)
unit-$(1): $(addprefix $(BUILD)/unit/$(1)/,$(UNIT_TESTS) stress)
endef

$(foreach build,plain tsan asan ubsan,$(eval $(call unit_build,$(build))))

.PHONY: check-core stress check-stress tsan asan ubsan unit-needs

unit-needs:
	@sandbox/need core

check-core: $(addprefix $(BUILD)/unit/plain/,$(UNIT_TESTS)) ## the core's tests; they need no Asterisk
	@tests/unit/run-tests core "$${CHECK_RESULTS:-$(BUILD)/check/core.results}" $^

stress: $(BUILD)/unit/plain/stress ## race threads over broadcasts [STRESS_BROADCASTS=1000000 STRESS_SEED=n]
	$< $(STRESS_OPTIONS)

# For make check: bounded in time, with a seed that is always the same.
check-stress: $(BUILD)/unit/plain/stress
	@results=$${CHECK_RESULTS:-$(BUILD)/check/stress.results}; mkdir -p "$$(dirname "$$results")"; verdict=failed; \
		$< --broadcasts 100000000 --threads $(STRESS_THREADS) --seed 1 --seconds 20 && verdict=passed; \
		echo "stress.20-seconds $$verdict" >"$$results"; \
		[ $$verdict = passed ]

# The core's tests, then the stress. A sanitizer's report ends the program with an error.
define unit_sanitized
@tests/unit/run-tests core-$@ $(BUILD)/check/core-$@.results $(addprefix $(BUILD)/unit/$@/,$(UNIT_TESTS))
$(BUILD)/unit/$@/stress $(STRESS_OPTIONS)
@echo "$@: no report"
endef

tsan asan ubsan: export TSAN_OPTIONS := halt_on_error=1 second_deadlock_stack=1
tsan asan ubsan: export ASAN_OPTIONS := detect_leaks=1
tsan asan ubsan: export UBSAN_OPTIONS := print_stacktrace=1

tsan: unit-tsan ## the core's tests and a million raced broadcasts under ThreadSanitizer
	$(unit_sanitized)
asan: unit-asan ## ... under AddressSanitizer, leaks included
	$(unit_sanitized)
ubsan: unit-ubsan ## ... under UndefinedBehaviorSanitizer
	$(unit_sanitized)

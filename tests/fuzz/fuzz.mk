# Fuzzers with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer: make fuzz, fuzz-corpus.
# What they find becomes a file in tests/fuzz/corpus, which fuzz-corpus replays as a regression test.

FUZZ_SECONDS ?= 60
FUZZERS := filter meaning args params settings http event
FUZZ_CC ?= clang
FUZZ_FLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -pthread -Icore -Imodules -Itools/ari-race \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-DMATCHER_BUDGET_NS=2000000
FUZZ_SOURCES_filter := $(wildcard core/*.c)
FUZZ_SOURCES_meaning := $(FUZZ_SOURCES_filter)
FUZZ_SOURCES_args := $(addprefix modules/app_stasis_broadcast/,args.c options.c)
FUZZ_SOURCES_params := modules/res_ari_broadcasts/params.c
FUZZ_SOURCES_settings := modules/res_stasis_broadcast/settings_values.c
FUZZ_SOURCES_http := $(addprefix tools/ari-race/,http_response.c text.c)
FUZZ_SOURCES_event := tools/ari-race/event.c
FUZZ_LIMITS := -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64

define fuzzer
$(BUILD)/fuzz/fuzz_$(1): tests/fuzz/fuzz_$(1).c $$(FUZZ_SOURCES_$(1)) $(wildcard core/*.h modules/*.h modules/*/*.h tests/fuzz/*.h tools/ari-race/*.h) | fuzz-needs
	@mkdir -p $$(@D)
	$$(FUZZ_CC) $$(FUZZ_FLAGS) -o $$@ $$(filter %.c,$$^) -lpcre2-8
endef
$(foreach name,$(FUZZERS),$(eval $(call fuzzer,$(name))))

.PHONY: fuzz fuzz-corpus fuzz-needs
fuzz-needs:
	@sandbox/need fuzz

fuzz: $(FUZZERS:%=$(BUILD)/fuzz/fuzz_%) ## fuzz filters (two ways), dialplan arguments, REST parameters, settings, HTTP answers, events [FUZZ_SECONDS=60]
	@tests/fuzz/run $(BUILD)/fuzz "$(FUZZ_SECONDS)" $(FUZZERS)

fuzz-corpus: $(FUZZERS:%=$(BUILD)/fuzz/fuzz_%)
	@tests/fuzz/run $(BUILD)/fuzz 0 $(FUZZERS)

fuzz fuzz-corpus: export FUZZ_LIMITS := $(FUZZ_LIMITS)

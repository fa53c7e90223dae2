# ari-race, the load generator for ARI broadcasts: make ari-race, make ari-race-install.
# Needs libwebsockets with its libev plugin (Debian: libwebsockets-dev brings both).

ARI_RACE_DIR := tools/ari-race
ARI_RACE_BUILD := build/ari-race
# With libnats (Debian: libnats-dev) it has --nats; without, it says so.
ARI_RACE_NATS := $(shell echo '$(HASH)include <nats/nats.h>' | $(CC) $(CPPFLAGS) $(CFLAGS) -E -xc - >/dev/null 2>&1 && echo nats)
ARI_RACE_SOURCES := $(filter-out $(ARI_RACE_DIR)/bus_$(if $(ARI_RACE_NATS),none,nats).c,$(wildcard $(ARI_RACE_DIR)/*.c))
ARI_RACE_OBJECTS := $(ARI_RACE_SOURCES:$(ARI_RACE_DIR)/%.c=$(ARI_RACE_BUILD)/%.o)
# libev's ev_*_init macros write a watcher through two types.
ARI_RACE_CFLAGS = -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wno-strict-aliasing -fno-strict-aliasing \
	-MMD -MP -I$(ARI_RACE_BUILD) $(CPPFLAGS) $(CFLAGS)
ARI_RACE_LIBS := -lwebsockets -lev -lm $(if $(ARI_RACE_NATS),-lnats)
ARI_RACE_PREFIX ?= /usr/local

.PHONY: ari-race ari-race-needs ari-race-install ari-race-uninstall

ari-race: $(ARI_RACE_BUILD)/ari-race ## the load generator for ARI broadcasts
	@echo "ari-race is built: $<"

# Its version is the project's.
$(call remember,$(ARI_RACE_BUILD)/ari_race_version.h,$(HASH)define ARI_RACE_VERSION "$(PROJECT_VERSION)")

# Linked again when libnats comes or goes.
$(call remember,$(ARI_RACE_BUILD)/libraries,$(ARI_RACE_LIBS))
$(ARI_RACE_BUILD)/ari-race: $(ARI_RACE_OBJECTS) $(ARI_RACE_BUILD)/libraries
	$(CC) $(LDFLAGS) -o $@.new $(ARI_RACE_OBJECTS) $(ARI_RACE_LIBS)
	@# Who runs it meanwhile has the one before.
	@mv -f $@.new $@

$(ARI_RACE_BUILD)/%.o: $(ARI_RACE_DIR)/%.c $(ARI_RACE_DIR)/ari-race.mk | ari-race-needs
	$(CC) $(ARI_RACE_CFLAGS) -c -o $@ $<

ari-race-needs:
	@printf '#include <libwebsockets.h>\n#include <ev.h>\n' | $(CC) $(CPPFLAGS) -E -xc - >/dev/null 2>&1 || \
		{ echo "No libwebsockets.h or ev.h: install the package libwebsockets-dev" >&2; exit 1; }
	@mkdir -p $(ARI_RACE_BUILD)

ari-race-install: ari-race ## install it with its man page [DESTDIR ARI_RACE_PREFIX]
	install -d $(DESTDIR)$(ARI_RACE_PREFIX)/bin $(DESTDIR)$(ARI_RACE_PREFIX)/share/man/man1 \
		$(DESTDIR)$(ARI_RACE_PREFIX)/share/doc/ari-race
	install -m 755 $(ARI_RACE_BUILD)/ari-race $(DESTDIR)$(ARI_RACE_PREFIX)/bin/
	install -m 644 $(ARI_RACE_DIR)/ari-race.1 $(DESTDIR)$(ARI_RACE_PREFIX)/share/man/man1/
	install -m 644 $(ARI_RACE_DIR)/extensions.conf $(DESTDIR)$(ARI_RACE_PREFIX)/share/doc/ari-race/

ari-race-uninstall: ## remove it
	rm -f $(DESTDIR)$(ARI_RACE_PREFIX)/bin/ari-race $(DESTDIR)$(ARI_RACE_PREFIX)/share/man/man1/ari-race.1
	rm -rf $(DESTDIR)$(ARI_RACE_PREFIX)/share/doc/ari-race

-include $(ARI_RACE_OBJECTS:.o=.d)

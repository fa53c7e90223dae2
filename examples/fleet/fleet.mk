# A worker of a fleet in C; see docs/FLEET.md. Needs libnats, libwebsockets and jansson.
FLEET_WORKER_BUILD := build/fleet
FLEET_WORKER_OBJECTS := $(patsubst examples/fleet/c/%.c,$(FLEET_WORKER_BUILD)/%.o,$(wildcard examples/fleet/c/*.c))

.PHONY: fleet-worker
fleet-worker: $(FLEET_WORKER_BUILD)/worker ## a worker of a fleet in C

$(FLEET_WORKER_BUILD)/worker: $(FLEET_WORKER_OBJECTS)
	$(CC) $(LDFLAGS) -o $@.new $^ -lnats -lwebsockets -ljansson -pthread
	@# Who runs it meanwhile has the one before.
	@mv -f $@.new $@

$(FLEET_WORKER_BUILD)/%.o: examples/fleet/c/%.c examples/fleet/fleet.mk
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -Wall -Wextra -pthread -MMD -MP $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

-include $(FLEET_WORKER_OBJECTS:.o=.d)

.PHONY: demo-fleet
demo-fleet: ## calls to three Asterisks and six workers on NATS, of which some die on the way
	@sandbox/need sandbox integration demo fleet
	@$(MAKE) --no-print-directory -s fleet-worker
	@/usr/bin/python3 -B examples/fleet/demo/demo.py

# A private Asterisk on loopback; see sandbox/sandbox --help. Settings are make variables:
#   make sandbox-up ASTERISK=16 EXTENSIONS=my.conf
.PHONY: sandbox-up sandbox-down sandbox-status sandbox-clean sandbox-distclean

sandbox-up: ## start a private Asterisk with our modules [ASTERISK=22|16|experimental MODULES=ours|asterisk EXTENSIONS=file.conf]
	@sandbox/need sandbox
	@sandbox/sandbox up

sandbox-down: ## stop it [ASTERISK=22|16|experimental]
	@sandbox/sandbox down

sandbox-status: ## is it up, and on which ports
	@sandbox/sandbox status || :

sandbox-clean: ## stop all sandboxes of this clone and remove what they left
	@[ -z "$(wildcard .sandbox/fleet .sandbox/fleet-demo)" ] || sandbox/fleet clean
	@sandbox/sandbox clean

sandbox-distclean: ## the same, and remove the Asterisk roots of the cache folder
	@sandbox/sandbox distclean

# Built in the root, for the sandbox's Asterisk only.
PRELOAD := sandbox/loopback.c sandbox/no_programs.c
$(BUILD)/sandbox/preload.so: $(PRELOAD)
	@mkdir -p $(@D)
	$(CC) $(CORE_FLAGS) -O2 -shared -o $@ $(PRELOAD) -ldl

# Several Asterisks and the NATS servers that join them; see docs/FLEET.md.
NODES ?= 3
.PHONY: fleet-up fleet-down fleet-status
fleet-up: ## start a fleet: several Asterisks, joined by three NATS servers [NODES=3]
	@sandbox/need sandbox fleet
	@sandbox/fleet up "$(NODES)"

fleet-down: ## stop it
	@sandbox/fleet down

fleet-status: ## what of it is up, and where
	@sandbox/fleet status || :

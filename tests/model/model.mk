# The model of a broadcast in SPIN (package spin): make model.
# Included by the top-level Makefile; works alone too (make -f tests/model/model.mk model).

BUILD ?= build

.PHONY: model
model: ## search the model of a broadcast, and refute its mutations
	@sandbox/need model
	@tests/model/run $(BUILD)

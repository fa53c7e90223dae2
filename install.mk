# make install and make uninstall, for people with Asterisk and its headers on their machine.
# Asterisk's own files of the same name are kept aside as NAME.asterisk and put back by uninstall.

# What asterisk.conf says may be of Asterisk's own user, and the recipes below are a shell's: it is read once, and what
# is not plainly the name of a folder is refused.
ASTERISK_CONF ?= /etc/asterisk/asterisk.conf

# $(call asterisk_folder,setting,folders to look in): what asterisk.conf says, else the first that exists; ! is a refusal
asterisk_folder = $(shell tools/install/folder $(1) '$(ASTERISK_CONF)' $(wildcard $(2)))

ifneq ($(filter install uninstall installation-folders,$(MAKECMDGOALS)),)
ifeq ($(origin ASTMODDIR),undefined)
ASTMODDIR := $(call asterisk_folder,astmoddir,/usr/lib/asterisk/modules /usr/lib/*/asterisk/modules \
	/usr/lib64/asterisk/modules /usr/local/lib/asterisk/modules)
endif
ifeq ($(origin ASTDATADIR),undefined)
ASTDATADIR := $(call asterisk_folder,astdatadir,/usr/share/asterisk /var/lib/asterisk)
endif
ifeq ($(origin ASTETCDIR),undefined)
ASTETCDIR := $(call asterisk_folder,astetcdir,/etc/asterisk)
endif
ifneq ($(filter !,$(ASTMODDIR) $(ASTDATADIR) $(ASTETCDIR)),)
$(error Nothing was changed. Correct that line, or say where the folder is: make install ASTMODDIR=/path ASTDATADIR=/path ASTETCDIR=/path)
endif
endif
ASTHEADERDIR ?= $(ASTERISK_INCLUDE)/asterisk

DOCUMENTATION := $(wildcard modules/*/*-en_US.xml)
SAMPLES := $(wildcard samples/*.conf)
# Not for a module that is left out.
SAMPLE_OF_res_stasis_broadcast_nats := samples/stasis_broadcast_nats.conf
INSTALLED_SAMPLES = $(filter-out $(foreach name,$(LACKING) $(LEFT_OUT),$(SAMPLE_OF_$(name))),$(SAMPLES))
CONSOLE_FILES := $(wildcard console/*.* console/js/*)

INSTALLED_MODULES = $(MODULE_NAMES:%=$(DESTDIR)$(ASTMODDIR)/%.so)
# Whatever this Asterisk's headers were at the time.
UNINSTALLED_MODULES = $(ALL_MODULE_NAMES:%=$(DESTDIR)$(ASTMODDIR)/%.so)
INSTALLED_HEADER = $(DESTDIR)$(ASTHEADERDIR)/stasis_app_broadcast.h
DOCUMENTATION_DIR = $(DESTDIR)$(ASTDATADIR)/documentation/thirdparty
# What Asterisk's HTTP server has as /static/stasis-broadcast, if http.conf says enablestatic = yes.
CONSOLE_DIR = $(DESTDIR)$(ASTDATADIR)/static-http/stasis-broadcast

# Every file of ours holds this; Asterisk's own do not.
is_ours = grep -qs -e 'part of Stasis Broadcast' -e 'Stasis Broadcast: a call for' "$$file"

.PHONY: install uninstall installation-folders

installation-folders: export INSTALL_DESTDIR = $(DESTDIR)
installation-folders: export INSTALL_ASTMODDIR = $(ASTMODDIR)
installation-folders: export INSTALL_ASTDATADIR = $(ASTDATADIR)
installation-folders: export INSTALL_ASTETCDIR = $(ASTETCDIR)
installation-folders: export INSTALL_ASTHEADERDIR = $(ASTHEADERDIR)
installation-folders:
	@tools/install/check

install: modules | installation-folders ## install modules, header, documentation, console, samples [DESTDIR ASTERISK_INCLUDE ASTMODDIR]
	@install -d "$(DESTDIR)$(ASTMODDIR)" "$(DESTDIR)$(ASTHEADERDIR)" "$(DOCUMENTATION_DIR)"
	@for file in $(INSTALLED_MODULES) $(INSTALLED_HEADER); do \
		if [ -e "$$file" ] && ! $(is_ours); then \
			echo "Keeping Asterisk's own $$file as $${file##*/}.asterisk"; \
			mv -f "$$file" "$$file.asterisk" || exit 1; \
		fi; \
	done
	install -m 644 $(MODULE_SOS) "$(DESTDIR)$(ASTMODDIR)/"
	install -m 644 include/asterisk/stasis_app_broadcast.h "$(INSTALLED_HEADER)"
	$(if $(DOCUMENTATION),install -m 644 $(DOCUMENTATION) "$(DOCUMENTATION_DIR)/")
	@# All of it is ours: what an older version had and this one has not goes.
	@rm -rf "$(CONSOLE_DIR)" && install -d "$(CONSOLE_DIR)/js"
	install -m 644 $(filter-out console/js/%,$(CONSOLE_FILES)) "$(CONSOLE_DIR)/"
	install -m 644 $(filter console/js/%,$(CONSOLE_FILES)) "$(CONSOLE_DIR)/js/"
	@# Samples become the administrator's: never overwritten. They are for the same users as Asterisk's own files: a password
	@# may come into them.
	@$(if $(ASTETCDIR),install -d "$(DESTDIR)$(ASTETCDIR)"; for sample in $(INSTALLED_SAMPLES); do \
		file="$(DESTDIR)$(ASTETCDIR)/$${sample##*/}"; like="$(DESTDIR)$(ASTETCDIR)/manager.conf"; \
		[ ! -e "$$file" ] || continue; \
		install -v -m 644 "$$sample" "$$file" || exit 1; \
		[ ! -e "$$like" ] || { chmod --reference="$$like" "$$file" && chown --reference="$$like" "$$file"; } || exit 1; \
	done)
	@cat tools/install/installed.txt

uninstall: | installation-folders ## remove all that, and put Asterisk's own modules back
	@for file in $(UNINSTALLED_MODULES) $(INSTALLED_HEADER); do \
		if $(is_ours); then \
			echo "Removing $$file"; \
			rm -f "$$file" || exit 1; \
		fi; \
		if [ -e "$$file" ]; then \
			rm -f "$$file.asterisk"; \
		elif [ -e "$$file.asterisk" ]; then \
			echo "Putting Asterisk's own $$file back"; \
			mv "$$file.asterisk" "$$file" || exit 1; \
		fi; \
	done
	@rm -fv $(patsubst %,"$(DOCUMENTATION_DIR)/%",$(notdir $(DOCUMENTATION)))
	@if [ -d "$(CONSOLE_DIR)" ]; then echo "Removing $(CONSOLE_DIR)"; rm -rf "$(CONSOLE_DIR)"; fi
	@for sample in $(SAMPLES); do \
		file="$(DESTDIR)$(ASTETCDIR)/$${sample##*/}"; \
		if cmp -s "$$sample" "$$file"; then \
			rm -fv "$$file"; \
		elif [ -e "$$file" ]; then \
			echo "Keeping $$file: it has been edited"; \
		fi; \
	done

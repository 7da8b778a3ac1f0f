# SPDX-License-Identifier: MIT
# The front door: thin over Meson, which does the work in build/.

BUILD ?= build
BUILDTYPE ?= release
prefix ?= /usr/local
DESTDIR ?=
override DESTDIR := $(abspath $(DESTDIR))
# What meson is given besides; `make check` builds with its own options.
MESONFLAGS ?=

.DEFAULT_GOAL := all
.PHONY: all help demo check check-quick bench deps install uninstall clean

# Part of every target that builds; prefix may change between two calls.
define configure
	@command -v meson >/dev/null && command -v ninja >/dev/null || \
		{ echo 'make: meson or ninja is missing: run make deps' >&2; exit 1; }
	@if [ ! -f $(BUILD)/build.ninja ]; then \
		meson setup --prefix=$(abspath $(prefix)) --buildtype=$(BUILDTYPE) \
			-Dtests=false $(MESONFLAGS) $(BUILD); \
	fi
endef

all: ## build the library and the command into build/
	$(configure)
	@ninja -C $(BUILD) $(NINJAFLAGS)

help: ## this list
	@echo 'make TARGET [VARIABLE=VALUE ...]'; echo
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16
	@echo; echo 'FILE=PATH for demo and bench; STEPS="NAME ..." for check;'
	@echo 'BENCH=--quick or BENCH="PART ..." for bench;'
	@echo 'prefix=$(prefix) and DESTDIR= for install and uninstall;'
	@echo 'NODEPS=1 to look for no packages; BUILDTYPE=debug.'

demo: export FILE := $(FILE)
demo: ## compress real input (FILE=PATH), check it, compare with gzip
	@packaging/deps demo
	@$(MAKE) --no-print-directory all NINJAFLAGS=--quiet
	@tools/demo/run $(BUILD)

check: ## every test and gate (STEPS="NAME ..." for some)
	@packaging/deps check
	@tests/run $(STEPS)

check-quick: ## the same without the slow parts, for the inner loop
	@packaging/deps check
	@tests/run --quick $(STEPS)

bench: export FILE := $(FILE)
bench: ## measure beside the peers
	@packaging/deps bench
	@$(MAKE) --no-print-directory all NINJAFLAGS=--quiet
	@bench/run $(BUILD) $(BENCH)

deps: ## install the packages that are missing for all of the above
	@packaging/deps demo check

install uninstall: export DESTDIR := $(DESTDIR)
install: all ## into prefix, under DESTDIR
	@meson configure $(BUILD) -Dprefix=$(abspath $(prefix))
	@meson install -C $(BUILD) --quiet
	@if [ -z "$$DESTDIR" ] && [ "$$(id -u)" = 0 ]; then ldconfig; fi

uninstall: ## what install put there
	$(configure)
	@packaging/uninstall $(BUILD) $(abspath $(prefix))

clean: ## remove build/
	@rm -rf $(BUILD)

# Parts that bring targets of their own.
-include lab/lab.mk

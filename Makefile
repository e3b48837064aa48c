# cctns-bridge. Two commands do everything on a bare Debian 12 with git and make:
#   make demo    the main job on an embedded default      make check    every test
# Others: all lint install clean bench deps; "make help" lists them.

VERSION := 0.1.0
SHELL   := /bin/bash
CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif

# SAN=1 builds the same program with AddressSanitizer and UBSan, beside the plain one.
SAN     ?= 0
ifeq ($(SAN),1)
B       := build/san
else
B       := build
endif

# ---- what must be installed (Debian package names) ----
DEPS_BUILD := gcc libc6-dev pkg-config unixodbc-dev libxml2-dev libcurl4-openssl-dev libssl-dev libpq-dev libutf8proc-dev \
              libmagic-dev libcsv-dev libhpdf-dev libxlsxwriter-dev libxslt1-dev zlib1g-dev libzip-dev
DEPS_DEMO  := $(DEPS_BUILD) postgresql-15 unixodbc libsqliteodbc sqlite3 openssl python3 python3-spyne python3-lxml python3-cheroot \
              php-cli php-soap php-sqlite3 gsoap libgsoap-dev libsqlite3-dev stunnel4 openssh-server openssh-client
DEPS_CHECK := $(DEPS_DEMO) libcmocka-dev python3-pytest python3-pytest-xdist python3-psycopg2 odbc-mariadb odbc-postgresql \
              mariadb-server valgrind time systemd strace libfaketime python3-openpyxl libreoffice-calc pgbouncer chromium fonts-noto-core \
              poppler-utils python3-aiosmtpd libxml2-utils
DEPS_LINT  := $(DEPS_BUILD) libcmocka-dev clang-format clang-tidy cppcheck

# ---- compiler: one reason a flag ----
WARN := -Wall -Wextra
WARN += -Wpedantic                          # C11 as written, no private dialect
WARN += -Wconversion -Wsign-conversion      # a length that changes its value is a record cut short
WARN += -Wshadow                            # one name, one thing
WARN += -Wformat=2                          # formats are constants
WARN += -Wstrict-prototypes                 # no call without checked arguments
WARN += -Wmissing-prototypes                # every global function is declared in a header
WARN += -Wvla                               # no stack that a peer can size
WARN += -Wwrite-strings -Wcast-qual         # const means const
WARN += -Wundef                             # a misspelt macro is not 0
WARN += -Wnull-dereference                  # found by flow, not by night
WARN += -Werror                             # a warning is not a matter of taste
HARD := -D_FORTIFY_SOURCE=2                 # bounds checks in libc calls
HARD += -fstack-protector-strong -fstack-clash-protection -fcf-protection  # a smashed stack ends the process
HARD += -fPIE                               # addresses cannot be guessed
HARDLD := -pie -Wl,-z,relro,-z,now,-z,noexecstack  # no writable tables of addresses, no code on the stack
ifeq ($(SAN),1)
OPT  := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
HARD :=
HARDLD :=
else
OPT  := -O2 -g
endif
PKG     = libxml-2.0 libxslt libcurl libcrypto libssl libpq libutf8proc odbc libmagic xlsxwriter zlib libzip
CFLAGS  = -std=c11 -D_GNU_SOURCE -DBRIDGE_VERSION='"$(VERSION)"' -Iinclude -Ibridge -include bridge/base/banned.h \
          $(OPT) $(HARD) $(WARN) $(shell pkg-config --cflags $(PKG) | sed 's/-I/-isystem /g')
LIBS    = $(shell pkg-config --libs $(PKG)) -lcsv -lhpdf -ldl -lpthread

ROOMS   := bridge/base bridge/link bridge/core bridge/jobs bridge/cli adapters
SRC     := $(filter-out bridge/cli/main.c,$(wildcard $(addsuffix /*.c,$(ROOMS))))
OBJ     := $(SRC:%.c=$(B)/obj/%.o)
TESTS   := $(wildcard tests/unit/test_*.c)
TESTAID := $(filter-out $(TESTS),$(wildcard tests/unit/*.c))
TESTBIN := $(TESTS:tests/unit/%.c=$(B)/tests/%)

.PHONY: all demo check lint install clean deps deps-% tests bench torture torture-laws torture-power help
.DELETE_ON_ERROR:

all: $(B)/cctns-bridge $(B)/cctns-bridge-verify

help:
	@echo 'make demo     the main job end to end on an embedded default (state in build/demo)'
	@echo 'make check    every test; the last line is the count'
	@echo 'make all      build/cctns-bridge, build/cctns-bridge-verify'
	@echo 'make lint     clang-format, clang-tidy, cppcheck, layers, banned calls'
	@echo 'make bench    speed and memory, as ratios within one run'
	@echo 'make torture  faults at every place: kill, errno, memory, network, servers, disk, clock (under an hour on 2 cores;'
	@echo '              SHALLOW=n points a family, FAMILY=F1,F8, SEED=n; ALL=1 plays every point of these families)'
	@echo 'make torture-laws   10,000 histories of sources against the cursors; two pushers killed 100 times over 10,000 deliveries'
	@echo 'make torture-power  mistakes are put in one at a time: each must be caught'
	@echo 'make install  DESTDIR= prefix=/usr'
	@echo 'make clean    ends what make demo left running and removes build/'

# ---- dependencies: only what is missing, with sudo where not root ----
deps: deps-build
deps-build: ; @$(call need,$(DEPS_BUILD))
deps-demo:  ; @$(call need,$(DEPS_DEMO))
deps-check: ; @$(call need,$(DEPS_CHECK))
deps-lint:  ; @$(call need,$(DEPS_LINT))
need = tests/deps.sh $(1)

# ---- the program ----
$(B)/cctns-bridge: $(B)/obj/bridge/cli/main.o $(B)/libbridge.a
	$(CC) $(OPT) $(HARDLD) -rdynamic -o $@ $< -Wl,--whole-archive $(B)/libbridge.a -Wl,--no-whole-archive $(LIBS)

# The auditor's program: nothing of the bridge is in it.
$(B)/cctns-bridge-verify: $(patsubst %.c,$(B)/obj/%.o,$(wildcard bridge/verify/*.c))
	$(CC) $(OPT) $(HARDLD) -o $@ $^ -lcrypto

$(B)/libbridge.a: $(OBJ)
	@rm -f $@
	@ar rcs $@ $^

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(B)/obj/*/*.d $(B)/obj/*/*/*.d $(B)/obj/*/*/*/*.d)

# ---- tests ----
tests: $(TESTBIN)
$(B)/tests/%: $(B)/obj/tests/unit/%.o $(TESTAID:%.c=$(B)/obj/%.o) $(B)/libbridge.a
	@mkdir -p $(@D)
	@$(CC) $(OPT) -rdynamic -o $@ $^ -lcmocka $(LIBS)

demo: deps-demo
	@$(MAKE) --no-print-directory -j2 all
	@/usr/bin/python3 tests/demo/demo.py build/cctns-bridge build/demo

check: deps-check
	@$(MAKE) --no-print-directory -j2 all
	@$(MAKE) --no-print-directory -j2 SAN=1 all tests
	@/usr/bin/python3 tests/run.py

lint: deps-lint
	@tests/lint/lint.sh

bench: deps-check
	@$(MAKE) --no-print-directory -j2 all
	@/usr/bin/python3 tests/bench/bench.py

torture: deps-check
	@$(MAKE) --no-print-directory -j2 all
	@/usr/bin/python3 tests/torture/torture.py $(if $(SHALLOW),--shallow $(SHALLOW)) $(if $(SEED),--seed $(SEED)) \
		$(if $(FAMILY),--family $(FAMILY)) $(if $(ALL),--all)

torture-laws: deps-check
	@$(MAKE) --no-print-directory -j2 all build/tests/test_cursor_law
	CURSOR_LAW=$(or $(SHALLOW),10000) $(if $(SEED),CURSOR_SEED=$(SEED)) build/tests/test_cursor_law
	/usr/bin/python3 tests/torture/pushers.py $(if $(SEED),--seed $(SEED))

torture-power: deps-check
	@$(MAKE) --no-print-directory -j2 all
	@/usr/bin/python3 tests/torture/power.py

# ---- install ----
prefix  ?= /usr
DESTDIR ?=
install: all
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/share/cctns-bridge $(DESTDIR)$(prefix)/include/cctns-bridge
	install -d $(DESTDIR)/etc/cctns-bridge $(DESTDIR)/etc/cron.d $(DESTDIR)/lib/systemd/system $(DESTDIR)$(prefix)/share/doc/cctns-bridge
	install -m 755 $(B)/cctns-bridge $(DESTDIR)$(prefix)/bin/cctns-bridge
	install -m 755 $(B)/cctns-bridge-verify $(DESTDIR)$(prefix)/bin/cctns-bridge-verify
	cp -r --no-preserve=ownership mappings sql $(DESTDIR)$(prefix)/share/cctns-bridge/
	chmod -R u=rwX,go=rX $(DESTDIR)$(prefix)/share/cctns-bridge
	install -m 644 include/*.h $(DESTDIR)$(prefix)/include/cctns-bridge/
	install -m 644 README.md $(DESTDIR)$(prefix)/share/doc/cctns-bridge/
	install -D -m 644 mappings/README.md $(DESTDIR)$(prefix)/share/doc/cctns-bridge/mappings/README.md
	[ -e $(DESTDIR)/etc/cctns-bridge/bridge.conf ] || install -m 644 bridge.conf $(DESTDIR)/etc/cctns-bridge/bridge.conf
	install -m 644 bridge/jobs/install/*.service bridge/jobs/install/*.timer $(DESTDIR)/lib/systemd/system/
	install -m 644 bridge/jobs/install/cctns-bridge.cron $(DESTDIR)/etc/cron.d/cctns-bridge
	sed -i 's,/usr/\(bin\|share\)/,$(prefix)/\1/,g' $(DESTDIR)/lib/systemd/system/cctns-bridge* $(DESTDIR)/etc/cron.d/cctns-bridge

clean:
	@if [ -x build/demo/stop ]; then build/demo/stop; fi
	rm -rf build

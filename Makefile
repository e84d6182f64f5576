# mde: cancels Microsoft Defender for Endpoint machine actions from Lua.
# Needs GNU make and a C11 compiler; `make deps` gets the rest.

LUA    ?= 5.4
PREFIX ?= /usr/local
BUILD  ?= build
CC     ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
WARN   ?=
VERSION := $(shell sed -n 's/^return "\(.*\)"$$/\1/p' lua/mde/base/version.lua)

ifneq ($(findstring /,$(LUA)),)  # LuaRocks names the interpreter
override LUA := $(shell $(LUA) -e 'io.write(jit and "luajit" or _VERSION:sub(5))')
endif
# The interpreter of the machine that builds, which need not run what it builds.
BUILD_LUA ?= lua5.4
# What a Lua is called: by pkg-config, and in the folders of an installation.
LUA_PC      ?= $(if $(filter luajit,$(LUA)),luajit,lua$(LUA))
LUA_VERSION := $(if $(filter luajit,$(LUA)),5.1,$(LUA))
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man/man1
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
LUADIR ?= $(PREFIX)/share/lua/$(LUA_VERSION)
LIBDIR ?= $(PREFIX)/lib/lua/$(LUA_VERSION)
CLIBDIR    ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include

# Asked when a recipe needs it, so that `make deps` runs where nothing is there.
pkg = $(if $(shell $(PKG_CONFIG) --exists $2 && echo yes),$(shell \
      $(PKG_CONFIG) $1 $2),$(error $2 is missing: run "make deps"))
LUA_CFLAGS ?= $(call pkg,--cflags,$(LUA_PC))

# Those of the options that this compiler has.
known = $(foreach option,$1,$(shell $(CC) -Werror $(option) -xc -c -o /dev/null /dev/null 2>/dev/null \
          && echo $(option)))
# FORTIFY is left out under a sanitizer, which it would hide calls from, and if the
# caller chooses a level.
HARDEN := $(call known,-fstack-protector-strong -fstack-clash-protection -fcf-protection) \
          $(if $(findstring -fsanitize,$(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CPPFLAGS)$(CFLAGS)),,\
            -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
# The same sources give the same bytes wherever they are.
HERE   := $(call known,-ffile-prefix-map=$(CURDIR)=.)

STRICT  = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion \
          -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
          -fPIC -fvisibility=hidden -MMD -MP $(WARN)
COMPILE = @mkdir -p $(@D) && echo "CC $@" && $(CC) $(STRICT) -Isrc $(HARDEN) $(HERE) $(CPPFLAGS) $(CFLAGS)
LINK    = @mkdir -p $(@D) && echo "LD $@" && $(CC) $(CFLAGS) $(LDHARDEN) $(LDFLAGS)
ifeq ($(shell uname),Darwin)
MODULE  = $(LINK) -bundle -undefined dynamic_lookup
else
LDHARDEN = -Wl,-z,relro,-z,now
# nodelete: libcurl's threads may outlive the Lua state that loaded it
MODULE  = $(LINK) -shared -Wl,-z,nodelete
endif

SECCOMP := $(if $(filter Linux,$(shell uname)),libseccomp)  # what confines workers

CORE_OBJECTS := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/core/*.c))
BIND_OBJECTS := $(patsubst src/%.c,$(BUILD)/obj/$(LUA)/%.o,$(wildcard src/bind/*.c))
PROGRAM_OBJECTS := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/program/*.c \
                     src/worker/*.c src/system/*.c))
CORE_TESTS   := $(patsubst spec/unit/%.c,$(BUILD)/spec/%,$(wildcard spec/unit/core/*_test.c))
BIND_TESTS   := $(patsubst spec/unit/%.c,$(BUILD)/spec/%,$(wildcard spec/unit/bind/*_test.c))
WORKER_TESTS := $(patsubst spec/unit/%.c,$(BUILD)/spec/%,$(wildcard spec/unit/worker/*_test.c))

# The build tree has the shape of an installation, so that the program finds
# its modules beside itself in both. The program is Lua 5.4's alone.
MODULES := $(BUILD)/lib/lua/$(LUA)/mde
SHARE   := $(BUILD)/share/lua/5.4/mde
PROGRAM := $(BUILD)/bin/mde $(patsubst %,$(MODULES)/%.so,httpd editor)
COMPILED := $(MODULES)/compiled
# What the stores in databases need of the system; Lua 5.1 lacks too much for it.
STORES  := $(if $(filter 5.1,$(LUA)),,$(MODULES)/file.so)

all: module $(if $(filter 5.4,$(LUA)),program)  ## builds (the default); LUA=5.4|5.3|5.2|5.1|luajit
module: $(MODULES)/core.so $(STORES)
program: $(PROGRAM) $(COMPILED)/done

# The program's modules in Lua, compiled: see src/program/search.c.
$(COMPILED)/done: $(shell find lua/mde -name '*.lua') src/program/compile.lua
	@! command -v $(BUILD_LUA) >/dev/null || $(BUILD_LUA) src/program/compile.lua $(COMPILED) $(filter lua/%,$^)
	@mkdir -p $(@D) && touch $@

$(BUILD)/obj/core/%.o: src/core/%.c Makefile
	$(COMPILE) $(call pkg,--cflags,libcurl libcrypto) -c -o $@ $<

$(BUILD)/obj/$(LUA)/bind/%.o: src/bind/%.c Makefile
	$(COMPILE) $(LUA_CFLAGS) -c -o $@ $<

HTTPD_OBJECTS := $(patsubst %,$(BUILD)/obj/modules/%.o,httpd answer message)
$(HTTPD_OBJECTS): OWN_CFLAGS = $(call pkg,--cflags,libmicrohttpd)
$(BUILD)/obj/modules/editor.o: OWN_CFLAGS = $(call pkg,--cflags,libedit)
$(BUILD)/obj/worker/confinement.o: OWN_CFLAGS = $(call pkg,--cflags,$(SECCOMP))
define own  # own ROOM: how the objects of a room of the program are made
$(BUILD)/obj/$1/%.o: src/$1/%.c Makefile
	$$(COMPILE) $$(LUA_CFLAGS) $$(OWN_CFLAGS) -c -o $$@ $$<

endef
$(foreach room,program worker system modules,$(eval $(call own,$(room))))

$(MODULES)/core.so: $(CORE_OBJECTS) $(BIND_OBJECTS)
	$(MODULE) -o $@ $^ $(call pkg,--libs,libcurl libcrypto) $(LDLIBS)

$(BUILD)/obj/$(LUA)/modules/%.o: src/modules/%.c Makefile
	$(COMPILE) $(LUA_CFLAGS) -c -o $@ $<

$(BUILD)/obj/$(LUA)/system/%.o: src/system/%.c Makefile
	$(COMPILE) $(LUA_CFLAGS) -c -o $@ $<

$(MODULES)/file.so: $(patsubst %,$(BUILD)/obj/$(LUA)/modules/%.o,beneath file folder holder libpq owner replace text) \
                   $(BUILD)/obj/$(LUA)/system/write.o
	$(MODULE) -o $@ $^ $(LDLIBS)

$(MODULES)/httpd.so: $(HTTPD_OBJECTS)
	$(MODULE) -o $@ $^ $(call pkg,--libs,libmicrohttpd) $(LDLIBS)

$(MODULES)/editor.so: $(BUILD)/obj/modules/editor.o
	$(MODULE) -o $@ $^ $(call pkg,--libs,libedit) $(LDLIBS)

$(BUILD)/bin/mde: $(PROGRAM_OBJECTS) | $(SHARE)
	$(LINK) -o $@ $^ $(call pkg,--libs,$(LUA_PC) $(SECCOMP)) $(LDLIBS)

# Made anew each time: a copied or moved tree must not run another one's Lua.
$(SHARE): FORCE
	@mkdir -p $(@D) && ln -sfn $(abspath lua/mde) $@

# The core for C and C++.
HEADERS := $(patsubst %,$(BUILD)/include/mde/%.h,argument certificate digest engine error identifier \
             operation secret version)
library: $(BUILD)/lib/libmde.a $(HEADERS) $(BUILD)/lib/pkgconfig/mde.pc  ## builds libmde.a and its headers

$(BUILD)/lib/libmde.a: $(CORE_OBJECTS)
	@mkdir -p $(@D) && echo "AR $@" && rm -f $@ && $(AR) rcsD $@ $^

$(BUILD)/include/mde/version.h: lua/mde/base/version.lua
	@mkdir -p $(@D) && printf '%s\n#define MDE_VERSION "%s"\n#define MDE_VERSION_NUMBER (%s * 10000 + %s * 100 + %s)\n' \
	  '/* The version of mde. */' $(VERSION) $(subst ., ,$(firstword $(subst -, ,$(VERSION)))) >$@

$(BUILD)/include/mde/%.h: src/core/%.h
	@mkdir -p $(@D) && cp $< $@

# described PREFIX,LIBDIR,INCLUDEDIR: the library for pkg-config.
described = printf '%s\n' 'prefix=$1' 'libdir=$2' 'includedir=$3' '' 'Name: mde' \
  'Description: Sends requests to Microsoft Defender for Endpoint' 'Version: $(VERSION)' \
  'Requires: libcurl >= 7.87 libcrypto' 'Libs: -L$${libdir} -lmde' 'Cflags: -I$${includedir}'

$(BUILD)/lib/pkgconfig/mde.pc: lua/mde/base/version.lua Makefile
	@mkdir -p $(@D) && $(call described,$(abspath $(BUILD)),$${prefix}/lib,$${prefix}/include) >$@

core-tests: $(CORE_TESTS)
bind-tests: $(BIND_TESTS)
worker-tests: $(WORKER_TESTS) $(STORES) $(BUILD)/bin/mde

# These make allocations fail: see spec/unit/core/shortage.h.
$(BUILD)/spec/core/allocation_test $(BIND_TESTS): WRAP = -Wl,--wrap=malloc,--wrap=calloc,--wrap=free

$(BUILD)/spec/core/%_test: spec/unit/core/%_test.c $(wildcard spec/unit/core/*.h) $(CORE_OBJECTS)
	$(COMPILE) -Ispec/unit/core $(LDFLAGS) $(WRAP) -o $@ $< $(CORE_OBJECTS) \
	  $(call pkg,--libs,libcurl libcrypto) -lpthread

$(BUILD)/spec/bind/%_test: spec/unit/bind/%_test.c $(wildcard spec/unit/core/*.h) $(CORE_OBJECTS) $(BIND_OBJECTS)
	$(COMPILE) $(LUA_CFLAGS) -Ispec/unit/core $(LDFLAGS) $(WRAP) -o $@ $< $(CORE_OBJECTS) \
	  $(BIND_OBJECTS) $(call pkg,--libs,$(LUA_PC) libcurl libcrypto) -lpthread

# Its clocks are the test's.
$(BUILD)/spec/worker/limits_test: WRAP = -Wl,--wrap=clock_gettime,--wrap=setitimer

$(BUILD)/spec/worker/%_test: spec/unit/worker/%_test.c $(wildcard spec/unit/core/*.h) $(PROGRAM_OBJECTS)
	$(COMPILE) $(LUA_CFLAGS) -Ispec/unit/core $(LDFLAGS) $(WRAP) -o $@ $< \
	  $(filter-out %/main.o,$(PROGRAM_OBJECTS)) $(call pkg,--libs,$(LUA_PC) $(SECCOMP))

deps:  ## installs what building and running need and this machine lacks
	@spec/support/deps

deps-hosts:  ## installs the programs that mde runs in: nmap, nginx, HAProxy
	@spec/support/deps hosts

demo: deps  ## builds, and rehearses an incident against the built-in simulator
	@$(MAKE) --no-print-directory all
	@PATH="$(abspath $(BUILD)/bin):$$PATH" mde sim sh examples/demo

test: deps-hosts  ## installs what the tests need too, and runs every test
	@spec/support/deps test
	@spec/run

check:  ## builds, and runs the tests that take under a minute; FILE=spec/... runs one file
	@spec/run $(or $(FILE),check)

# Runs one spec file without the time limit of spec/run.
ALONE := LUA=5.4 BUILD=$(BUILD) LUA_PATH="lua/?.lua;lua/?/init.lua;./?.lua;;" \
         LUA_CPATH="$(BUILD)/lib/lua/5.4/?.so;;" lua5.4 spec/support/busted.lua -o TAP
outages: all  ## prints what failures of the service cost a batch of 300 cancels
	@$(ALONE) spec/unit/program/batch/outages_spec.lua | sed -n 's/^# |/|/p; /^not ok/p'

kills: all  ## kills batches 700 times at any instant, and checks what is left
	@$(ALONE) spec/program/kill_spec.lua
	@MDE_KILLS=200 $(ALONE) spec/program/kill_changes_spec.lua
	@MDE_KILLS=100 $(ALONE) spec/program/notify_spec.lua

lint asan valgrind:  ## those of the tests
	@spec/support/deps test
	@spec/run $@

# One program for each file: see spec/fuzz/fuzz.h
FUZZ := $(patsubst spec/%.c,$(BUILD)/%,$(wildcard spec/fuzz/*.c))
FUZZ_CORE := $(wildcard src/core/*.c)
FUZZ_OTHER := $(patsubst %,src/%.c,modules/answer worker/codec worker/frame modules/httpd \
                modules/message system/printable modules/text)
fuzz: $(FUZZ)  ## builds the fuzz targets of spec/fuzz, with clang's libFuzzer
$(BUILD)/fuzz/%: spec/fuzz/%.c spec/fuzz/fuzz.h $(FUZZ_CORE) $(FUZZ_OTHER)
	@mkdir -p $(@D) && echo "LD $@" && clang -std=c11 -D_GNU_SOURCE -O1 -g -Isrc -Ispec/fuzz \
	  -fsanitize=fuzzer,address,undefined,integer -fno-sanitize-recover=all $(LUA_CFLAGS) \
	  -o $@ $< $(FUZZ_CORE) $(FUZZ_OTHER) $(call pkg,--libs,$(LUA_PC) libcurl libcrypto libmicrohttpd)

model:  ## checks the protocol of a batch exhaustively, with spin
	@spec/model/run

reference: all  ## makes doc/reference.md and types.lua from the comments, doc/mde.1 from the help
	lua5.4 doc/generate.lua
	lua5.4 doc/manual.lua

pictures:  ## makes what doc/pictures has, from the simulator
	@spec/support/deps test
	@$(MAKE) --no-print-directory all
	doc/pictures/make

SEEDS ?= 1000
FIRST ?= 1
JOBS ?= 1
world: all  ## runs simulated worlds: SEED=n one with its timeline, or FIRST=n SEEDS=n JOBS=n
	@spec/world/run $(if $(SEED),$(SEED),$(FIRST) $(SEEDS) $(JOBS))

twin: SEEDS = 200
twin: all  ## runs worlds again with real processes: SEED=n one, or FIRST=n SEEDS=n JOBS=n
	@spec/twin/run $(if $(SEED),$(SEED),$(FIRST) $(SEEDS) $(JOBS))

bench:  ## measures, against nginx on loopback
	@spec/support/deps test
	@$(MAKE) --no-print-directory all
	@spec/bench/run

install: install-module $(if $(filter 5.4,$(LUA)),install-program install-completions)  ## into PREFIX (/usr/local), under DESTDIR if given

# Installs the Lua files that `find lua/mde $1` lists.
install_lua = cd lua && find mde \( $1 \) -name '*.lua' | while read -r file; do \
  install -d "$(DESTDIR)$(LUADIR)/$${file%/*}" && \
  install -m 644 "$$file" "$(DESTDIR)$(LUADIR)/$${file%/*}" || exit; done

install-module: module
	install -d "$(DESTDIR)$(LIBDIR)/mde"
	install -m 755 $(MODULES)/core.so $(STORES) "$(DESTDIR)$(LIBDIR)/mde"
	$(call install_lua,! -path 'mde/program/*' ! -path 'mde/simulator/*')

install-program: program
	install -d "$(DESTDIR)$(LIBDIR)/mde" "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(MANDIR)"
	install -m 755 $(filter %.so,$(PROGRAM)) "$(DESTDIR)$(LIBDIR)/mde"
	install -m 755 $(BUILD)/bin/mde "$(DESTDIR)$(BINDIR)"
	install -m 644 doc/*.1 "$(DESTDIR)$(MANDIR)"
	$(call install_lua,-path 'mde/program/*' -o -path 'mde/simulator/*')
	cd $(MODULES) && find compiled* -name '*.luac' | while read -r file; do \
	  install -d "$(DESTDIR)$(LIBDIR)/mde/$$(dirname "$$file")" && \
	  install -m 644 "$$file" "$(DESTDIR)$(LIBDIR)/mde/$$file" || exit; done

install-completions:
	install -d "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)" "$(DESTDIR)$(FISHDIR)"
	$(BUILD_LUA) doc/completion.lua bash >"$(DESTDIR)$(BASHDIR)/mde"
	$(BUILD_LUA) doc/completion.lua zsh >"$(DESTDIR)$(ZSHDIR)/_mde"
	$(BUILD_LUA) doc/completion.lua fish >"$(DESTDIR)$(FISHDIR)/mde.fish"

install-library: library  ## installs libmde.a, its headers and mde.pc
	install -d "$(DESTDIR)$(CLIBDIR)/pkgconfig" "$(DESTDIR)$(INCLUDEDIR)/mde"
	install -m 644 $(BUILD)/lib/libmde.a "$(DESTDIR)$(CLIBDIR)"
	install -m 644 $(HEADERS) "$(DESTDIR)$(INCLUDEDIR)/mde"
	$(call described,$(PREFIX),$(CLIBDIR),$(INCLUDEDIR)) >"$(DESTDIR)$(CLIBDIR)/pkgconfig/mde.pc"

uninstall:  ## removes what install put there
	rm -rf "$(DESTDIR)$(LIBDIR)/mde" "$(DESTDIR)$(LUADIR)/mde" "$(DESTDIR)$(INCLUDEDIR)/mde"
	rm -f "$(DESTDIR)$(BINDIR)/mde" "$(DESTDIR)$(MANDIR)/mde.1" "$(DESTDIR)$(BASHDIR)/mde" \
	  "$(DESTDIR)$(ZSHDIR)/_mde" "$(DESTDIR)$(FISHDIR)/mde.fish" "$(DESTDIR)$(CLIBDIR)/libmde.a" \
	  "$(DESTDIR)$(CLIBDIR)/pkgconfig/mde.pc"

# Without git, such as from the tarball, all files but those built, with their time.
DIST := mde-$(VERSION)
GIT      = $(and $(wildcard .git),$(shell git rev-parse --git-dir 2>/dev/null))
SOURCES  = $(if $(GIT),git ls-files -z,find . \( -path ./.git -o -path ./build -o -path './$(BUILD)' \) -prune \
             -o ! -type d -printf '%P\0')
EPOCH    = $(if $(GIT),git log -1 --format=%ct,stat -c %Y Makefile)
dist:  ## makes build/mde-VERSION.tar.gz, the same bytes in every folder
	@mkdir -p $(BUILD)
	@$(SOURCES) | LC_ALL=C sort -z | tar --null --no-recursion --files-from=- --format=gnu --owner=0 --group=0 \
	  --numeric-owner --mode=u=rwX,go=rX --mtime=@$${SOURCE_DATE_EPOCH:-$$($(EPOCH))} \
	  --transform='flags=r;s|^|$(DIST)/|' --use-compress-program='gzip -n9' -cf $(BUILD)/$(DIST).tar.gz

rocks: dist  ## makes source rocks of it for LuaRocks, in build
	@for spec in $(DIST)-1 packaging/mde-cli-$(VERSION)-1; do \
	  sed 's|file://|&$(abspath $(BUILD))/|' $$spec.rockspec >$(BUILD)/$${spec##*/}.rockspec && \
	  (cd $(BUILD) && luarocks pack $${spec##*/}.rockspec) || exit; done

deb:  ## builds the Debian packages lua-mde, mde and libmde-dev in build/deb
	@packaging/deb $(VERSION)

packages:  ## installs, upgrades and purges the Debian packages in a new system; as root
	@packaging/try $(VERSION)

clean:  ## removes what was built
	rm -rf $(BUILD)

help:  ## lists these
	@sed -n 's/^\([a-z][a-z -]*\):.*  ## \(.*\)/\1\t\2/p' Makefile | expand -t 22

FORCE:
.DELETE_ON_ERROR:
.PHONY: all module program library pictures fuzz world twin model deps deps-hosts demo test check outages kills core-tests \
        bind-tests worker-tests lint asan valgrind reference bench install install-module install-program \
        install-completions install-library uninstall dist rocks deb packages clean help FORCE

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d $(BUILD)/spec/*.d $(BUILD)/spec/*/*.d)

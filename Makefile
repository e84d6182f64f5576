# mde: cancels Microsoft Defender for Endpoint machine actions from Lua.
# GNU make, a C11 compiler and pkg-config. `make help` lists the targets.

LUA     ?= 5.4
PREFIX  ?= /usr/local
BUILD   ?= build
CC      ?= cc
CFLAGS  ?= -O2 -g
WARN    ?=

# The name each Lua goes by: to pkg-config, in module folders, as a command.
LUA_PC      := $(if $(filter luajit,$(LUA)),luajit,lua$(LUA))
LUA_VERSION := $(if $(filter luajit,$(LUA)),5.1,$(LUA))
LUA_COMMAND := $(if $(filter luajit,$(LUA)),luajit,lua$(LUA))

LUA_CFLAGS   = $(shell pkg-config --cflags $(LUA_PC))
CURL_CFLAGS := $(shell pkg-config --cflags libcurl)
CURL_LIBS   := $(shell pkg-config --libs libcurl)

STRICT   = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion \
           -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -fPIC -fvisibility=hidden -MMD -MP $(WARN)
COMPILE  = $(CC) $(STRICT) $(CFLAGS) -Isrc
MODULE   = $(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-z,nodelete

CORE_OBJECTS := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/core/*.c))
BIND_OBJECTS := $(patsubst src/%.c,$(BUILD)/obj/$(LUA)/%.o,$(wildcard src/bind/*.c))
HOST_OBJECTS := $(patsubst %,$(BUILD)/obj/host/%.o,main terminal interrupt process)

# The build tree has the shape of an installation, so that the program finds
# its modules beside itself in both.
MODULES := $(BUILD)/lib/lua/$(LUA)/mde
CORE    := $(MODULES)/core.so
SHARE   := $(BUILD)/share/lua/5.4/mde

all: $(CORE) $(if $(filter 5.4,$(LUA)),$(BUILD)/bin/mde $(MODULES)/httpd.so)

$(BUILD)/obj/core/%.o: src/core/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(CURL_CFLAGS) -c -o $@ $<

$(BUILD)/obj/$(LUA)/bind/%.o: src/bind/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(LUA_CFLAGS) -c -o $@ $<

$(BUILD)/obj/host/%.o: src/host/%.c
	@mkdir -p $(@D)
	$(COMPILE) $(shell pkg-config --cflags lua5.4) -c -o $@ $<

$(CORE): $(CORE_OBJECTS) $(BIND_OBJECTS)
	@mkdir -p $(@D)
	$(MODULE) -o $@ $^ $(CURL_LIBS)

$(MODULES)/httpd.so: $(BUILD)/obj/host/httpd.o
	@mkdir -p $(@D)
	$(MODULE) -o $@ $^ $(shell pkg-config --libs libmicrohttpd)

$(BUILD)/bin/mde: $(HOST_OBJECTS) | $(SHARE)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs lua5.4)

$(SHARE):
	@mkdir -p $(@D)
	ln -s $(abspath lua/mde) $@

clean:
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)

.PHONY: all clean

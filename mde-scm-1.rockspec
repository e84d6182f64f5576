rockspec_format = "3.0"
package = "mde"
version = "scm-1"
-- `luarocks make` builds the checkout that it is run in.
source = { url = "git+file://." }
description = {
  summary = "Cancels Microsoft Defender for Endpoint machine actions",
  detailed = [[
    Lists machine actions and cancels one or thousands of them under the
    service's limits, from Lua or with the program mde (Lua 5.4). Building
    needs GNU make, pkg-config, libcurl, libcrypto and, for the program,
    libmicrohttpd, libedit and, on Linux, libseccomp.
  ]],
  license = "MIT",
}
supported_platforms = { "unix" }
dependencies = { "lua >= 5.1, < 5.6", "lua-cjson >= 2.1", "argparse >= 0.7",
                 "luadbi-sqlite3 >= 0.7" }
build = {
  type = "make",
  variables = {
    LUA = "$(LUA)",
    CFLAGS = "$(CFLAGS)",
    BINDIR = "$(BINDIR)",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
    MANDIR = "$(PREFIX)/doc",
    BASHDIR = "$(PREFIX)/completions/bash",
    ZSHDIR = "$(PREFIX)/completions/zsh",
    FISHDIR = "$(PREFIX)/completions/fish",
  },
}

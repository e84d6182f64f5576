rockspec_format = "3.0"
package = "mde-cli"
version = "0.9.0-1"
source = { url = "file://mde-0.9.0.tar.gz" }  -- as `make dist` names it
description = {
  summary = "The program mde: cancels Microsoft Defender for Endpoint machine actions",
  detailed = [[
    Lists, launches, cancels and undoes machine actions from a terminal, by
    policy, or unattended. Building needs GNU make, pkg-config and Lua 5.4.
  ]],
  license = "MIT",
}
supported_platforms = { "unix" }
dependencies = { "lua >= 5.4, < 5.5", "mde == 0.9.0", "argparse >= 0.7", "luadbi-sqlite3 >= 0.7" }
external_dependencies = {
  EDIT = { header = "histedit.h" },
  MICROHTTPD = { header = "microhttpd.h" },
  platforms = { linux = { SECCOMP = { header = "seccomp.h" } } },
}
build = {
  type = "make",
  build_target = "program",
  install_target = "install-program",
  variables = {
    LUA = "$(LUA)",
    CFLAGS = "$(CFLAGS)",
    BINDIR = "$(BINDIR)",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
    MANDIR = "$(PREFIX)/doc",
  },
}

rockspec_format = "3.0"
package = "mde"
version = "0.9.0-1"
source = { url = "file://mde-0.9.0.tar.gz" }  -- as `make dist` names it
description = {
  summary = "Cancels Microsoft Defender for Endpoint machine actions",
  detailed = [[
    Lists, launches and cancels machine actions, one or thousands, under the
    service's limits. Building needs GNU make and pkg-config. The program mde
    is the rock mde-cli.
  ]],
  license = "MIT",
}
supported_platforms = { "unix" }
dependencies = { "lua >= 5.1, < 5.6", "lua-cjson >= 2.1" }
external_dependencies = {
  CURL = { header = "curl/curl.h" },
  CRYPTO = { header = "openssl/evp.h" },
}
build = {
  type = "make",
  build_target = "module",
  install_target = "install-module",
  variables = {
    LUA = "$(LUA)",
    CFLAGS = "$(CFLAGS)",
    CPPFLAGS = "-I$(CURL_INCDIR) -I$(CRYPTO_INCDIR)",
    LUADIR = "$(LUADIR)",
    LIBDIR = "$(LIBDIR)",
  },
}

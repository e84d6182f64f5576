-- What any program may load has only what every Lua has, and nothing that does
-- I/O or tells the time: doc/architecture.md.
std = "min"
max_line_length = 100
max_comment_line_length = 200  -- a tag of LuaCATS is one line
self = false
exclude_files = { "build", "spec/program/policies",  -- these are hostile
                  "lua/mde/types.lua" }  -- this is for editors
files["lua/mde"] = {
  not_globals = {
    "print", "io", "debug", "dofile", "loadfile", "load", "loadstring", "module",
    "collectgarbage", "os.clock", "os.date", "os.difftime", "os.execute", "os.exit",
    "os.remove", "os.rename", "os.setlocale", "os.time", "os.tmpname",
  },
}
-- The configuration and the secrets it names are files: lua/mde/config/profiles.lua.
files["lua/mde/config"] = {
  read_globals = { "debug", "jit", "load", "loadstring", "setfenv" },
}
local program = {
  std = "lua54",
  read_globals = { "print", "io", "os", "debug", "load", "loadfile", "collectgarbage" },
}
-- What the program needs of the system comes through lua/mde/program/system.lua.
files["lua/mde/program"] = {
  std = "lua54", read_globals = { "debug", "load", "loadfile", "collectgarbage" },
  not_globals = { "print", "io", "os" },
}
files["lua/mde/program/system.lua"] = program
-- The stores in databases are Lua 5.1 too, and know files and processes.
files["lua/mde/store/sql"] = { read_globals = { "debug", "collectgarbage" } }
files["lua/mde/simulator/server.lua"] = program
-- What the library needs of the system comes through this table.
files["lua/mde/base/system.lua"] = { read_globals = { "io", "os" } }
-- It is for nginx alone.
files["lua/mde/webhook"] = { std = "ngx_lua", max_line_length = 100 }
files["doc"] = { std = "lua54" }
files["spec"] = { std = "max+busted" }
files["spec/bench"] = { read_globals = { "mde" } }
files["spec/embedding"] = { std = "ngx_lua+busted", max_line_length = 100 }
files["examples"] = { std = "lua54", read_globals = { "mde" } }
files["examples/haproxy"] = { std = "lua53", read_globals = { "core" } }
files["examples/nmap"] = {
  std = "lua53", read_globals = { "SCRIPT_PATH" },
  globals = { "description", "author", "license", "categories", "action", "hostrule" },
}
files["examples/policies"] = { std = "lua54", read_globals = { "cancel", "keep", "undo" } }

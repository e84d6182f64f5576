-- The Lua of doc/embedding.md for Neovim and tshark, in these programs.
-- luacheck: std lua54+busted

local program = require "spec.support.program"

local root = program.examples:match "^(.*)/"
local build = program.path:match "^(.*)/bin/"

-- The Lua of the document that contains `part`.
local function lua_with(part)
  local file = assert(io.open(root .. "/doc/embedding.md"))
  local text = file:read "a"
  file:close()
  for block in text:gmatch "```lua\n(.-)```" do
    if block:find(part, 1, true) then return block end
  end
  error("doc/embedding.md has no Lua with " .. part)
end

-- A capture (pcap) of a packet of IPv4 from this address, `ago` seconds old.
local function capture(address, ago)
  local a, b, c, d = address:match "(%d+)%.(%d+)%.(%d+)%.(%d+)"
  local packet = string.pack(">BBI2I2I2BBI2BBBBBBBB", 0x45, 0, 20, 1, 0, 64, 17, 0, a, b, c, d,
    192, 0, 2, 1)
  return string.pack("<I4I2I2i4I4I4I4", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    .. string.pack("<I4I4I4I4", os.time() - ago, 0, #packet, #packet) .. packet
end

-- Writes `files` (name -> content) into a folder, and runs a script there beside a simulated
-- service, with the modules of this build for a version of Lua.
local function run(version, options, files, script)
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read()
  pipe:close()
  for name, content in pairs(files) do
    local file = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(content)
    file:close()
  end
  local result = program.rehearse(options, ([[cd %s || exit
    export HOME="$PWD" LUA_PATH="%s/lua/?.lua;%s/lua/?/init.lua;;" LUA_CPATH="%s/lib/lua/%s/?.so;;"
    %s]]):format(folder, root, root, build, version, script))
  os.execute("rm -rf " .. folder)
  return result
end

local function lacks(name) return not os.execute("command -v " .. name .. " >/dev/null") end

describe("the document's Lua", function()
  local id = "cccccccc-7557-4ab7-9782-d50480024a4e"

  it("cancels in Neovim, which does not wait", function()
    if lacks "nvim" then return pending "Neovim is missing" end
    local result = run("luajit", [[{ mistaken = 1, latency = 0.2, arrange = function(service)
      service:add { id = "]] .. id .. [[", type = "LiveResponse" }
    end }]], { ["init.lua"] = lua_with "nvim_create_user_command" }, ([[
      timeout 60 nvim --headless -u init.lua -c 'MdeCancel %s' -c 'lua print "at once"' \
        -c 'lua vim.wait(5e4, function() return vim.fn.execute("messages"):find "cancelled" end)' \
        -c 'qa!' 2>&1]]):format(id))
    assert.matches("at once.*" .. id:gsub("%p", "%%%0") .. " cancelled", result.out, 1, nil,
      result.err)
    assert.equal(1, result.ledger.posts)
  end)

  it("names the machines of a capture in tshark", function()
    if lacks "tshark" then return pending "tshark is missing" end
    local result = run("5.2", [[{ mistaken = 1, arrange = function(service)
      service:add_machine { id = ("7"):rep(40), computerDnsName = "seven.contoso.com",
        lastIpAddress = "198.51.100.7", lastSeen = service:now() - 600 }
    end }]], { ["machines.lua"] = lua_with "Listener.new",
               ["incident.pcapng"] = capture("198.51.100.7", 300) },
      "timeout 60 tshark -q -X lua_script:machines.lua -r incident.pcapng")
    assert.equal(0, result.status, result.err)
    assert.matches("^198%.51%.100%.7\tseven%.contoso%.com", result.out, nil, result.err)
  end)
end)

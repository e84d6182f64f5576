-- Where the program finds the modules that it requires.

local folders = require "spec.support.folder"
local program = require "spec.support.program"

describe("the search for modules", function()
  local files = folders.new()
  before_each(files.make)
  after_each(files.remove)

  local function run_with(variables, text)
    local script = files.put("playbook.lua", text)
    return program.sh(variables .. " exec $mde run " .. program.quote(script))
  end

  it("opens nothing by a relative name, whatever the current folder has", function()
    local run = program.sh(program.quote(program.support .. "/foreign.sh") .. ' "$mde"')
    if run.status == 3 then return pending "strace can't trace processes here" end
    assert.same({ status = 0, out = "", err = "" }, run)
  end)

  it("drops relative folders from LUA_PATH and LUA_CPATH, and keeps absolute ones", function()
    local run = run_with([[LUA_PATH='x/?.lua;/opt/a/?.lua;.;;../?.lua'
      LUA_CPATH_5_4='./?.so;/opt/b/?.so;;' LUA_CPATH='/opt/c/?.so']],
      "print(package.path, package.cpath)")
    assert.equal("", run.err)
    local path, cpath = run.out:match "^(%S+)\t(%S+)\n$"
    local prefix = program.path:match "^(.*)/bin/"
    assert.equal(prefix .. "/share/lua/5.4/?.lua", path:match "^[^;]+")
    assert.truthy(path:find("/init.lua;/opt/a/?.lua;/", 1, true), path)
    assert.truthy(path:find(";/usr/share/lua/5.4/?.lua", 1, true), path)
    assert.equal(prefix .. "/lib/lua/5.4/?.so;/opt/b/?.so;/", cpath:sub(1, #prefix + 31))
    for template in (path .. ";" .. cpath):gmatch "[^;]*" do
      assert.equal("/", template:sub(1, 1))
    end
  end)

  it("finds modules beside the playbook, by a relative path and through a link too", function()
    files.put("helper.lua", "return { name = ... }")
    files.put("playbook.lua", "local h, where = require 'helper' print(h.name, where)")
    assert(os.execute(("cd %s && mkdir parts && ln -s playbook.lua link"):format(files.path "")))
    for _, command in ipairs { "cd %s && $mde run playbook.lua", "cd / && $mde run %s/link" } do
      local run = program.sh((command:gsub("%%s", files.path "")))
      assert.equal("", run.err)
      assert.equal("helper\t" .. files.path "helper.lua" .. "\n", run.out)
    end
    files.put("parts/init.lua", "return require 'parts.one'")
    files.put("parts/one.lua", "return 'one'")
    assert.equal("one\n", run_with("", "print((require 'parts'))").out)
  end)

  it("prefers every installed module to one beside the playbook", function()
    for _, name in ipairs { "cjson", "argparse", "mde" } do
      files.put(name .. ".lua", "error 'foreign'")
    end
    local run = run_with("", "require 'argparse' print(require 'cjson'.encode { 1 })")
    assert.same({ status = 0, out = "[1]\n", err = "" }, run)
  end)

  it("of programs does not include the current folder in the simulator either", function()
    local run = program.sh([[
      printf '#!/bin/sh\necho foreign code\n' >foreign; chmod +x foreign
      ln -s foreign rm
      for path in '' unset; do
        if [ "$path" ]; then unset PATH; else PATH=; fi
        $mde sim foreign; echo $?
        $mde sim mde --version; echo $?
      done]])
    local version = "mde " .. dofile "lua/mde/base/version.lua"
    assert.equal(("2\n%s\n0\n"):rep(2):format(version, version), run.out)
    assert.truthy(run.err:find("cannot run 'foreign'", 1, true), run.err)
  end)

  it("names the places where a module is not, and what is wrong with one", function()
    local run = run_with("", "require 'nowhere.near'")
    assert.equal(1, run.status)
    assert.truthy(run.err:find(files.path "nowhere/near/init.lua", 1, true), run.err)
    files.put("broken.lua", "x = = 1")
    run = run_with("", "require 'broken'")
    assert.truthy(run.err:find("error loading module 'broken'", 1, true), run.err)
  end)

  it("loads compiled modules, and the source if it is newer or the other is damaged", function()
    local root = program.path:match "^(.*)/bin/"
    local function version(change)
      local run = program.sh(([[
        mkdir bin && cp "$mde" bin && cp -RLp %s/lib . && mkdir share && cp -RLp %s/share/lua share
        source=share/lua/5.4/mde/base/version.lua
        compiled=lib/lua/5.4/mde/compiled/base/version.luac
        printf 'return "source"\n' >$source; touch -d 2000-01-01 $source
        %s
        bin/mde --version]]):format(program.quote(root), program.quote(root), change))
      assert.equal("", run.err)
      return run.out:match "^mde (%S+)\n$"
    end
    assert.equal(require "mde.base.version", version "")
    assert.equal("source", version "touch $source")
    assert.equal("source", version "rm $compiled")
    assert.equal("source", version "echo damaged >$compiled")
    assert.equal("source", version [[mkdir -p other/mde/compiled
      mv ${compiled%/*} other/mde/compiled; export LUA_CPATH="$PWD/other/?.so;;"]])
  end)
end)

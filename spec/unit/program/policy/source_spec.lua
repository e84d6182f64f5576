-- Which files a policy's text comes from.

local policies = require "spec.support.policy"
local policy = require "mde.program.policy"
local system = require "mde.program.system"

local folder

local function write(files)
  folder = policies.folder(files)
  return folder .. "main.lua"
end

local function requiring(name)
  return ('local m = require %q return { comment = m.comment, decide = "cancel" }'):format(name)
end

describe("a policy's files", function()
  after_each(function()
    if folder then policies.remove(folder) end
    folder = nil
  end)

  it("are required at or below its folder", function()
    local path = write { ["main.lua"] = requiring "shared.words",
                         ["shared/words.lua"] = 'return require "deep"',
                         ["deep.lua"] = 'return { comment = "from below" }' }
    local loaded = assert(policy.load(path))
    assert.equal("from below", loaded.comment)
  end)

  it("have no names that lead elsewhere", function()
    for _, name in ipairs { "../x", "..x", "/etc/passwd", "shared/words", "a..b", "", "x.",
                            ".x", "a\0b", "~" } do
      local loaded, err = policy.load(write { ["main.lua"] = requiring(name) })
      assert.is_nil(loaded)
      assert.truthy(tostring(err):find("at or below the policy's folder", 1, true), tostring(err))
      policies.remove(folder)
    end
  end)

  it("are not led out of it by links", function()
    local path = write { ["inside/main.lua"] = requiring "leak",
                         ["outside.lua"] = 'return { comment = "leaked" }' }
    path = path:gsub("main", "inside/main")
    os.execute(("ln -s ../outside.lua '%sinside/leak.lua'"):format(folder))
    local loaded, err = policy.load(path)
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "a link leads out")
    os.execute(("rm '%sinside/leak.lua'; mv '%soutside.lua' '%sinside/real.lua';"
      .. " ln -s real.lua '%sinside/leak.lua'"):format(folder, folder, folder, folder))
    assert.equal("leaked", assert(policy.load(path)).comment)
  end)

  it("are not led out of it by a folder that is exchanged for a link meanwhile", function()
    local path = write { ["inside/main.lua"] = requiring "words.leak",
                         ["inside/words/leak.lua"] = 'return { comment = "inside" }',
                         ["outside/leak.lua"] = 'return { comment = "leaked" }',
                         ["flip.lua"] = [[print "ready"
                           io.stdout:flush()
                           local function is_there()
                             local handle = io.open "main.lua"
                             return handle and handle:close()
                           end
                           while is_there() do
                             os.rename("words", "away")
                             os.rename("link", "words")
                             os.rename("words", "link")
                             os.rename("away", "words")
                           end]] }
    local pipe = io.popen(("cd '%sinside' && ln -s ../outside link && exec lua5.4 ../flip.lua")
      :format(folder))
    assert.equal("ready", pipe:read())
    local leaked
    for _ = 1, 6000 do
      local loaded = policy.load((path:gsub("main", "inside/main")))
      leaked = leaked or loaded and loaded.comment ~= "inside"
    end
    os.remove((path:gsub("main", "inside/main")))
    pipe:close()
    assert.falsy(leaked)
  end)

  -- LeakSanitizer traces too, which a traced process cannot do.
  for _, before in ipairs { "", "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0"
    .. " strace -qq -o /dev/null -e trace=openat2 -e inject=openat2:error=ENOSYS " } do
    it("stay in the folder" .. (before == "" and "" or ", on a system without openat2"), function()
      write { ["in/sub/a.lua"] = "a", ["out/x.lua"] = "x", ["try.lua"] = [[
        local folder = assert(require "mde.file".folder(arg[1] .. "in"))
        for _, name in ipairs { "sub/a.lua", "sub", "link/x.lua", "leak.lua", "../out/x.lua",
                                "sub/../../out/x.lua", "none.lua", "", arg[1] .. "out/x.lua" } do
          print((folder:text(name, 100)))
        end
        folder:close()
        print(pcall(folder.text, folder, "sub/a.lua", 100))]] }
      os.execute(("cd '%sin' && ln -s ../out link && ln -s ../out/x.lua leak.lua"):format(folder))
      local pipe = io.popen(("%slua5.4 '%stry.lua' '%s' 2>&1"):format(before, folder, folder))
      local text = pipe:read "a"
      pipe:close()
      if before ~= "" and text:find "^strace" then return pending "strace can't trace here" end
      assert.equal("a\n" .. ("nil\n"):rep(8) .. "false\tthe folder is closed\n", text)
    end)
  end

  it("are not the configuration, nor in its folder", function()
    local path = write { ["mde/config.lua"] = 'return { comment = "secret" }',
                         ["mde/other.lua"] = 'return { comment = "secret" }',
                         ["mde/policies/main.lua"] = 'return { comment = "c", decide = "keep" }',
                         ["main.lua"] = requiring "mde.config",
                         ["other.lua"] = requiring "mde.other",
                         ["hard.lua"] = requiring "link", ["elsewhere/x"] = "" }
    os.execute(("cd '%s' && ln mde/config.lua link.lua && cp main.lua mde/main.lua"
      .. " && ln -s ../mde elsewhere/mde && ln -s ../mde/other.lua elsewhere/policy.lua")
      :format(folder))
    local getenv, problems = os.getenv, {}
    system.real.getenv = function(name)
      if name == "XDG_CONFIG_HOME" then return folder:sub(1, -2) end
      return name ~= "MDE_CONFIG" and getenv(name) or nil
    end
    for _, name in ipairs { "mde/main", "mde/config", "main", "other", "hard", "link",
                            "elsewhere/mde/main", "elsewhere/policy" } do
      local _, err = policy.load(folder .. name .. ".lua")
      problems[name] = tostring(err)
    end
    local below = policy.load((path:gsub("main", "mde/policies/main")))
    system.real.getenv = getenv
    for _, problem in pairs(problems) do
      assert.truthy(problem:find("folder of the configuration", 1, true), problem)
    end
    assert.truthy(below)
  end)

  it("are of 4 MiB together at most", function()
    local files, names = {}, {}
    for i = 1, 17 do
      names[i] = ("require 'm%d'"):format(i)
      files[("m%d.lua"):format(i)] = "--" .. ("x"):rep(262000)
    end
    files["main.lua"] = table.concat(names, "\n")
    local loaded, err = policy.load(write(files))
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "require 'm17': more than 4194304 bytes in all", tostring(err))
  end)

  it("are regular, whole and of 256 KiB at most", function()
    local path = write { ["main.lua"] = requiring "pipe" }
    os.execute(("mkfifo '%spipe.lua'"):format(folder))
    local loaded, err = policy.load(path)
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "not a regular file")
    loaded, err = policy.load(folder .. "pipe.lua")
    assert.is_nil(loaded)
    assert.equal("invalid_argument", err.code)
    loaded, err = policy.load "/dev/zero"
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "not a regular file")
    loaded, err = policy.load(folder .. "none.lua")
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "No such file")
    policies.remove(folder)
    loaded, err = policy.load(write { ["main.lua"] = "--" .. ("x"):rep(262143) })
    assert.is_nil(loaded)
    assert.truthy(tostring(err):find "longer than 262144 bytes")
  end)

  it("are in the hash, all of them and nothing else", function()
    local files = { ["main.lua"] = requiring "words", ["words.lua"] = 'return { comment = "a" }' }
    local first = assert(policy.load(write(files))).hash
    policies.remove(folder)
    assert.equal(first, assert(policy.load(write(files))).hash)
    policies.remove(folder)
    files["words.lua"] = 'return { comment = "a" } --'
    assert.not_equal(first, assert(policy.load(write(files))).hash)
  end)

  it("stay as they were read, when the policy is loaded again", function()
    local path = write { ["main.lua"] = requiring "words",
                         ["words.lua"] = 'return { comment = "a" }' }
    local loaded = assert(policy.load(path))
    assert.truthy(loaded:close())
    os.remove(folder .. "words.lua")
    assert.equal("cancel", (loaded:decide({ id = "1" }, nil)))
  end)
end)

-- This version reads, resumes, verifies and reports what older releases wrote.

local program = require "spec.support.program"

-- A service at a time in seconds since 1970, whose actions were created when a plan says.
local SIMULATION = [[{ mistaken = 12, history = 300, clock = (function()
  local system = require "mde.base.clock".system
  local shift = %d - system.wall()
  return { monotonic = system.monotonic, wall = function() return system.wall() + shift end }
end)(), arrange = function(service)
  local date = require "mde.base.date"
  for line in io.lines %q do
    local id, created = line:match '"id":"([^"]*)".*"creationDateTimeUtc":"([^"]*)"'
    local action = service.by_id[id]
    if action then action.created_text, action.created = created, date.parse(created) end
  end
  local answer = service.answer
  function service:answer(request)  -- else the Date is the server's
    local given = answer(self, request)
    given.headers.date = os.date("!%%a, %%d %%b %%Y %%H:%%M:%%S GMT", math.floor(self:now()))
    return given
  end
end }]]

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

-- Runs a script beside the data of a release, which is the state of mde, a minute after it was
-- made.
local function rehearse(folder, script)
  return program.rehearse(SIMULATION:format(read(folder .. "/made") + 60,
    folder .. "/cancels.jsonl"), ([[
    data=%s; mkdir -p $XDG_STATE_HOME/mde; cp $data/* $XDG_STATE_HOME/mde
    chmod 700 $XDG_STATE_HOME/mde; chmod 600 $XDG_STATE_HOME/mde/*
    hash() { sed -n '$s/.*:"\(.*\)"}/\1/p' $data/$1; }
  ]]):format(program.quote(folder)) .. script)
end

local function assert_said(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q lacks %q"):format(text, part))
  end
end

local function count(text, part)
  local _, found = text:gsub(part:gsub("%p", "%%%0"), "")
  return found
end

-- The folders of spec/old_data, absolute.
local function releases()
  local listing = assert(io.popen "ls -d \"$PWD\"/spec/old_data/*/")
  local folders = {}
  for line in listing:lines() do folders[#folders + 1] = (line:gsub("/$", "")) end
  listing:close()
  return folders
end

for _, folder in ipairs(releases()) do
  describe("the data of " .. folder:match "[^/]*$", function()
    it("has batches that can be listed, shown and reported", function()
      local run = rehearse(folder, [[
        mde batch list --json; mde batch show ended --json; mde batch report ended --json >report &&
        mde batch report ended --html >page && mde batch report ended --csv]])
      assert.equal(0, run.status, run.err)
      assert_said(run.out, '"batch":"ended","state":"done"', '"batch":"killed","state":"open"',
        '"batch":"undo","state":"open"')
      assert.equal(4, count(run.out, '"verdict":"cancelled"'), run.out)
      assert.equal(4, count(run.out, ",cancelled,Cancelled,"), run.out)
    end)

    it("has an audit log that verifies, before and after new lines", function()
      local run = rehearse(folder, [[
        mde audit verify && mde resume killed && mde audit verify]])
      assert.equal(0, run.status, run.err)
    end)

    it("has batches that resume to their end, with one verdict for each item", function()
      local run = rehearse(folder, [[
        mde resume killed && mde resume undo --deadline 2m
        mde batch show killed --json; mde batch show undo --json; cat $REQUESTS]])
      assert.equal(0, run.status, run.err)
      assert.equal(0, run.ledger.twice)
      assert_said(run.err, "Batch killed", "Batch undo")
      assert.equal(0, count(run.out, '"verdict":null'), run.out)
    end)

    it("has plans that apply", function()
      local run = rehearse(folder,
        "mde apply $data/cancels.jsonl --approve $(hash cancels.jsonl)")
      assert.same({ 0, 15 }, { run.status, run.ledger.posts }, run.err)
    end)

    it("has the sign-in of a user", function()
      local run = rehearse(folder, [[
        unset AZURE_CLIENT_SECRET; export AZURE_AUTHORITY_HOST=$(cat $data/authority)
        mde logout; mde logout]])
      assert.equal(0, run.status, run.err)
      assert_said(run.err, "Signed out of 7d0b3b4e-6e1f-4c43-9d5a-2f8d4a1c9b60",
        "No user was signed in")
    end)

    it("has profiles", function()
      local run = program.sh(("cp %s/config.lua . && chmod 600 config.lua && "
        .. "MDE_CONFIG=$PWD/config.lua mde profiles --json"):format(program.quote(folder)))
      assert.equal(0, run.status, run.err)
      assert_said(run.out, '"contoso"', '"emea-fabrikam"', '"northwind"', '"tailspin"')
    end)

    it("is refused in one sentence once a newer schema is in the store", function()
      local run = rehearse(folder, [[
        cat >newer.lua <<'END'
          local connection = require("DBI").Connect("SQLite3",
            os.getenv("XDG_STATE_HOME") .. "/mde/mde.db")
          connection:autocommit(true)
          connection:prepare("INSERT INTO versions (version) VALUES (99)"):execute()
END
        mde run newer.lua
        for command in "batch list" "resume killed" "batch report ended" \
          "apply $data/cancels.jsonl --approve $(hash cancels.jsonl)"; do
          mde $command 2>&1; echo "status $?"
        done]])
      local refused, posts = count(run.out, "has schema 99, but this mde knows schemas up to"),
        run.ledger.posts
      assert.same({ 4, 4, 0 }, { refused, count(run.out, "status 4"), posts }, run.out)
      assert_said(run.out, ": use the newer mde that made it\n")
    end)
  end)
end

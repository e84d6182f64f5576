-- Files of other users, and files that others can write, are not used.

local program = require "spec.support.program"

local is_root = io.popen("id -u"):read() == "0"

local CONFIGURATION = [[
  mkdir -p $XDG_CONFIG_HOME/mde && cat >$XDG_CONFIG_HOME/mde/config.lua <<END
    return { profiles = { a = { tenant = "contoso.com", client_id = "x",
      secret_command = "touch $PWD/ran; echo s" } } }
END
  config=$XDG_CONFIG_HOME/mde/config.lua; chmod 644 $config]]

describe("a configuration", function()
  it("of another user is refused, and none of its commands is run #root", function()
    if not is_root then return pending "only root can give a file to another user" end
    for _, command in ipairs { "list -p a", "profiles", "status -p a" } do
      local run = program.sh(CONFIGURATION .. "; chown nobody $config; $mde " .. command
        .. " ; echo $?; ls")
      assert.equal("2\n", run.out)
      assert.truthy(run.err:find("config.lua belongs to nobody, and this process to root: run it"
        .. " as nobody (without sudo), or change the owner", 1, true), run.err)
    end
  end)

  it("that others can write is refused, and none of its commands is run", function()
    local run = program.sh(CONFIGURATION .. "; chmod 622 $config; $mde list -p a; echo $?; ls")
    assert.equal("2\n", run.out)
    assert.truthy(run.err:find("(mode 622): chmod go-w it", 1, true), run.err)
  end)
end)

describe("a file with a secret", function()
  it("of another user is refused #root", function()
    if not is_root then return pending "only root can give a file to another user" end
    local run = program.sh [[
      mkdir -p $XDG_CONFIG_HOME/mde; cd $XDG_CONFIG_HOME/mde; (umask 077; echo s >secret)
      chown nobody secret; echo 'return { profiles = { a = { tenant = "contoso.com", client_id =
        "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587", secret_file = "secret" } } }' >config.lua
      exec $mde list -p a]]
    assert.equal(5, run.status, run.err)
    assert.truthy(run.err:find("secret belongs to nobody", 1, true), run.err)
  end)
end)

describe("a state folder", function()
  local function refused(change, text)
    for _, path in ipairs { "mde", "mde/held", "mde/mde.db" } do
      local run = program.sh(([[
        state=$XDG_STATE_HOME/%s; mkdir -p $XDG_STATE_HOME/mde/held; : >$XDG_STATE_HOME/mde/mde.db
        chmod 600 $XDG_STATE_HOME/mde/mde.db; %s
        MDE_TOKEN=x exec $mde batch list]]):format(path, change))
      assert.equal(4, run.status, run.err)
      assert.truthy(run.err:find(path .. text, 1, true), run.err)
    end
  end

  it("that others can write is refused", function()
    refused("chmod 777 $state", " (mode 777): chmod go-w it")
  end)

  it("of another user is refused #root", function()
    if not is_root then return pending "only root can give a file to another user" end
    refused("chown nobody $state", " belongs to nobody, and this process to root")
  end)

  it("of the simulator has a name that cannot be foreseen, and is removed", function()
    local run = program.sh [[
      $mde sim sh -c 'stat -c %a\ %n $XDG_STATE_HOME; : >$XDG_STATE_HOME/x']]
    local path = run.out:match "^700 (/tmp/mde%-%w%w%w%w%w%w)\n$"
    assert.truthy(path, run.out .. run.err)
    assert.is_nil(io.open(path .. "/x"))
  end)
end)

-- mde completion, in the shells themselves; and the manual page beside the command line.

local program = require "spec.support.program"

local function completes(run, ...)
  assert.equal(0, run.status, run.err)
  for _, line in ipairs { ... } do
    local is_there = ("\n" .. run.out):find("\n" .. line, 1, true)
    assert(is_there, ("'%s' is not in:\n%s"):format(line, run.out))
  end
end

describe("mde completion", function()
  it("completes commands, options and words in bash", function()
    completes(program.sh [[exec bash -c '
      eval "$($mde completion bash)"
      try() {
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        $(complete -p mde | sed "s/.*-F \([^ ]*\).*/\1/") mde "${COMP_WORDS[COMP_CWORD]}" \
          "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "$*: ${COMPREPLY[*]}"
      }
      try mde ca
      try mde list --older
      try mde list --status Pe
      try mde machines --health Im
      try mde list --order n
      try mde batch s
      try mde batch show --verdict not
      try mde -p emea launch iso
      try mde launch isolate --scope Sel
      try mde sim --scenario took
      try mde completion z
      try mde help unb']],
      "mde ca: cancel\n", "mde list --older: --older-than\n", "mde list --status Pe: Pending\n",
      "mde machines --health Im: ImpairedCommunication\n", "mde list --order n: newest\n",
      "mde batch s: show stop\n", "mde batch show --verdict not: not_found\n",
      "mde -p emea launch iso: isolate\n", "mde launch isolate --scope Sel: Selective\n",
      "mde sim --scenario took: took-effect\n",
      "mde completion z: zsh\n", "mde help unb: unblock\n")
  end)

  it("completes them in fish", function()
    completes(program.sh [[exec fish -c '
      $mde completion fish | source
      complete -C "mde ca"; complete -C "mde list --older"; complete -C "mde list --type Iso"
      complete -C "mde batch sh"; complete -C "mde batch show --verdict not"
      complete -C "mde help unb"']],
      "cancel\tCancel machine actions", "--older-than\t", "Isolate\t", "show\n", "not_found\t",
      "unblock\n")
  end)

  it("completes them in zsh", function()
    completes(program.sh [[
      mkdir functions && $mde completion zsh >functions/_mde
      cat >capture <<'ZSH'
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "PS1=; fpath=(\$PWD/functions \$fpath); autoload -Uz compinit"
        zpty -w shell "compinit -u -d dump"
        # Keys typed before the line editor has the terminal would be the terminal's.
        zpty -w shell "zle-line-init() { print -n editor' 'ready }; zle -N zle-line-init"
        zpty -r shell output '*editor ready*'
        zpty -n -w shell $'mde machines --health NoSensorDataI\t'
        zpty -r shell output '*NoSensorDataImpairedCommunication*' && echo completed
        zpty -n -w shell $'\C-umde batch show --verdict not_\t'
        zpty -r shell output '*not_found*' && echo completed within a command
ZSH
      timeout 30 zsh -f capture]], "completed\n", "completed within a command\n")
  end)

  it("knows no other shell", function()
    local run = program.run("completion", "tcsh")
    assert.equal(2, run.status)
    assert.truthy(run.err:find("'tcsh' is none of these shells", 1, true))
  end)
end)

describe("the manual page", function()
  local file = assert(io.open "doc/mde.1")
  local page = file:read "a"
  file:close()

  it("is well-formed", function()
    local run = program.sh(("mandoc -T lint %s/../doc/mde.1"):format(program.examples))
    assert.same({ 0, "" }, { run.status, run.out })
  end)

  it("names every command, and every option of each", function()
    local missing, seen = {}, {}
    local function miss(what)
      if not seen[what] then seen[what], missing[#missing + 1] = true, what end
    end
    for name in program.run("help").out:gmatch "\n   (%l+) +%u" do
      if not page:find("\n.Ss mde " .. name .. "\n", 1, true) then
        miss(name)
      end
      for option in program.run("help", name).out:gmatch "%-%-([%l%d%-]+)" do
        local written = " %-" .. option:gsub("%-", "%%-") .. "%f[^%w%-]"
        if option ~= "help" and not page:find(written) then miss("--" .. option) end
      end
    end
    assert.same({}, missing)
  end)

  it("has every environment variable that mde reads", function()
    local pipe = assert(io.popen [[
      grep -rhoE '"(AZURE|MDE|IDENTITY|IMDS)_[A-Z_]+"' lua/mde | sort -u | tr -d '"']])
    for name in pipe:lines() do assert(page:find(name, 1, true), name) end
    pipe:close()
  end)
end)

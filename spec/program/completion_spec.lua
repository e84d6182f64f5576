-- mde completion, in the shells themselves; and the manual page beside the command line.

local program = require "spec.support.program"

local function completes(run, ...)
  assert.equal(0, run.status, run.err)
  for _, line in ipairs { ... } do
    local is_there = ("\n" .. run.out):find("\n" .. line, 1, true)
    assert(is_there, ("'%s' is not in:\n%s"):format(line, run.out))
  end
end

-- Completes at bash's prompt as readline does: what `try` has typed, at its end.
local BASH = [[
exec bash -c '
  eval "$($mde completion bash)"
  try() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _mde mde "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
    echo "$*: ${COMPREPLY[*]}"
  }
  %s']]

local FISH = [[exec fish -c '$mde completion fish | source
  %s']]

-- Types keys at zsh's prompt; prints "completed" for each pattern that it then shows.
local ZSH = [[
mkdir functions && $mde completion zsh >functions/_mde
cat >capture <<'ZSH'
  zmodload zsh/zpty
  zpty shell zsh -f -i
  zpty -w shell "PS1=; fpath=(\$PWD/functions \$fpath); autoload -Uz compinit"
  zpty -w shell "compinit -u -d dump"
  # Keys typed before the line editor has the terminal would be the terminal's.
  zpty -w shell "zle-line-init() { print -n editor' 'ready }; zle -N zle-line-init"
  zpty -r shell output '*editor ready*'
  try() { zpty -n -w shell $'\C-u'"$1"$'\t'; zpty -r shell output "*$2*" && echo "completed $2" }
  %s
ZSH
timeout 30 zsh -f capture]]

-- A batch, and the first 8 digits of an open action; then the script.
local function incident(script)
  return program.rehearse("{ mistaken = 2, history = 0 }", [[
    mde cancel $(mde list --ids --limit 1) -m x --yes --batch night >/dev/null 2>&1
    mkdir -p "$XDG_CONFIG_HOME/mde"
    echo "return { profiles = { contoso = { tenant = \"contoso.com\" } } }" \
      >"$XDG_CONFIG_HOME/mde/config.lua"
    export mde=$(command -v mde) id=$(mde list --ids --limit 1 2>/dev/null | cut -c 1-8)
    touch file-here
    ]] .. script)
end

describe("mde completion", function()
  it("completes commands, options and words in bash", function()
    completes(program.sh(BASH:format [[
      try mde ca
      try mde list --older
      try mde list --status Pe
      try mde machines --health Im
      try mde list --order n
      try mde list --type = Iso
      try mde list --type Isolate,Off
      try mde batch s
      try mde batch show --verdict not
      try mde -p emea launch iso
      try mde launch isolate --scope Sel
      try mde sim --scenario took
      try mde sim mde ca
      try mde completion z
      try mde help unb]]),
      "mde ca: cancel\n", "mde list --older: --older-than\n", "mde list --status Pe: Pending\n",
      "mde machines --health Im: ImpairedCommunication\n", "mde list --order n: newest\n",
      "mde list --type = Iso: Isolate\n", "mde list --type Isolate,Off: Isolate,Offboard\n",
      "mde batch s: show stop\n", "mde batch show --verdict not: not_found\n",
      "mde -p emea launch iso: isolate\n", "mde launch isolate --scope Sel: Selective\n",
      "mde sim --scenario took: took-effect\n", "mde sim mde ca: cancel\n",
      "mde completion z: zsh\n", "mde help unb: unblock\n")
  end)

  it("offers profiles, batches, actions and requestors in bash, and no files", function()
    local run = incident(BASH:format [[
      try mde -p con
      try mde batch show n
      try mde cancel "${id:0:5}"
      try mde list --requestor so
      try mde list --requestor soar @ con
      try mde batch show fi
      try mde cancel ""]])
    local id = run.out:match "mde cancel (%x+): "
    completes(run, "mde -p con: contoso\n", "mde batch show n: night\n",
      ("mde cancel %s: %s"):format(id, id), "mde list --requestor so: soar@contoso.com\n",
      "mde list --requestor soar @ con: contoso.com\n", "mde batch show fi: \n")
    assert.truthy(run.out:find "\nmde cancel : .*%x%x%x%x%x%x%x%x", run.out)
  end)

  it("completes them in fish", function()
    completes(program.sh(FISH:format [[
      complete -C "mde ca"; complete -C "mde list --older"; complete -C "mde list --type Iso"
      complete -C "mde batch sh"; complete -C "mde batch show --verdict not"
      complete -C "mde help unb"]]),
      "cancel\tCancel machine actions", "--older-than\t", "Isolate\n", "show\n", "not_found\n",
      "unblock\n")
    local run = incident(FISH:format [[
      complete -C "mde -p con"; complete -C "mde batch show n"; complete -C "mde cancel $id"
      complete -C "mde list --requestor so"; complete -C "mde apply fi"; echo end
      complete -C "mde batch show fi"]])
    completes(run, "contoso\tcontoso.com\n", "night\tdone, 1 of 1: x\n", "soar@contoso.com\n",
      "file-here\nend\n")
    assert.truthy(run.out:find "\n%x%x%x%x%x%x%x%x\t%u%a+ %u%a+ ", run.out)
    assert.truthy(run.out:find "\nend\n$", run.out)
  end)

  it("completes them in zsh", function()
    completes(program.sh(ZSH:format [[
      try 'mde machines --health NoSensorDataI' NoSensorDataImpairedCommunication
      try 'mde batch show --verdict not_' not_found]]),
      "completed NoSensorDataImpairedCommunication\n", "completed not_found\n")
    completes(incident(ZSH:format [[
      try 'mde -p con' contoso
      try 'mde batch show ni' night
      try "mde cancel ${id[1,5]}" $id
      try 'mde list --requestor so' soar@contoso.com
      try 'mde apply fi' file-here]]), "completed contoso\n", "completed night\n",
      "completed soar@contoso.com\n", "completed file-here\n")
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

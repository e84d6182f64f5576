-- Words of other programs (kubectl, gh, az, git, docker) and of the portal, and mde's own for them.

local habits = {}

-- Commands, or a command and its first argument -> words of mde.
habits.commands = {
  ls = "list", actions = "list", search = "list", find = "list", ps = "list",
  ["get actions"] = "list", ["list actions"] = "list", ["list all"] = "list --all",
  get = "show", describe = "show", info = "show", inspect = "show", view = "show",
  devices = "machines", device = "machines", hosts = "machines", machine = "machines",
  ["list machines"] = "machines", ["get machines"] = "machines", ["list devices"] = "machines",
  ["get devices"] = "machines", isolated = "machines --isolated",
  ["list isolated"] = "machines --isolated",
  abort = "cancel", kill = "cancel", delete = "cancel", rm = "cancel", revoke = "cancel",
  unlock = "unblock", unstick = "unblock", free = "unblock",
  continue = "resume", retry = "resume", restart = "resume",
  batches = "batch list", jobs = "batch list", history = "batch list", runs = "batch list",
  ["list batches"] = "batch list", ["get batches"] = "batch list", ["show batch"] = "batch show",
  ["show batches"] = "batch list", ["cancel batch"] = "batch stop", ["stop"] = "batch stop",
  close = "batch close", report = "batch report",
  verify = "audit verify", log = "audit verify", logs = "audit verify",
  release = "unisolate", unquarantine = "unisolate", deisolate = "unisolate",
  ["un-isolate"] = "unisolate", contain = "isolate",
  scan = "launch scan", collect = "launch collect", restrict = "launch restrict",
  unrestrict = "launch unrestrict", offboard = "launch offboard",
  quarantine = "launch quarantine", ["live-response"] = "launch live-response",
  start = "launch", fetch = "download", pull = "download", request = "api", curl = "api",
  check = "test", lint = "test", validate = "test", diff = "plan", preview = "plan",
  rollback = "undo", revert = "undo",
  whoami = "status", quota = "status", account = "status", permissions = "status",
  ["list profiles"] = "profiles", ["get profiles"] = "profiles", tenants = "profiles",
  config = "profiles", contexts = "profiles",
  signin = "login", ["sign-in"] = "login", auth = "login", ["auth login"] = "login",
  signout = "logout", ["sign-out"] = "logout", ["auth logout"] = "logout",
  simulate = "sim", simulator = "sim", rehearse = "sim", demo = "sim",
  exec = "run", script = "run", shell = "repl", console = "repl", lua = "repl",
  man = "help", usage = "help", version = "--version",
}

-- The first argument of these commands may be left out in other programs.
habits.first_argument = { batch = "show", audit = "verify" }

local FORMAT = { takes = { json = "--json", jsonl = "--json", ndjson = "--json", csv = "--csv",
                           id = "--ids", ids = "--ids", name = "--ids", html = "--html",
                           table = "", text = "", wide = "", pretty = "" } }
local QUIET = { "--ids", drop = "Messages go to standard error; 2>/dev/null hides them." }
local YES = { "--yes" }
local WAIT = { "--wait" }
local DRY_RUN = { "--dry-run", drop = "This command changes nothing, so it has no --dry-run." }
local COLOUR = { drop = "NO_COLOR=1 in the environment turns colours off.",
                 words = { "auto", "always", "never" } }
local SINCE = { duration = { "--newer-than", "--seen-within" }, date = { "--after" } }
local UNTIL = { duration = { "--older-than", "--not-seen-for" }, date = { "--before" } }
local REQUESTOR = { "--requestor" }
local COMMENT = { "--comment", "--requestor-comment" }
local MACHINE = { "--machine", "--name" }
local PROFILE = { "--profile" }
local LIMIT = { "--limit", "--max" }
local VERBOSE = { "--verbose" }
local ALL = { "--all", "--all-profiles",
              drop = "This command takes all that its filters choose." }

-- Options: the options of mde for them, of which the first that the command has is meant. For
-- `takes`, by value; for `duration` and `date`, by the form of the value; `drop` says why none.
habits.options = {
  ["-o"] = FORMAT, ["--output"] = FORMAT, ["--format"] = FORMAT, ["--out"] = FORMAT,
  ["-j"] = { "--json" }, ["--jsonl"] = { "--json" }, ["--id-only"] = { "--ids" },
  ["-q"] = QUIET, ["--quiet"] = QUIET, ["--silent"] = QUIET, ["-s"] = QUIET,
  ["-f"] = YES, ["--force"] = YES, ["--assume-yes"] = YES, ["--no-confirm"] = YES,
  ["--auto-approve"] = YES, ["--confirm"] = YES,
  ["-w"] = WAIT, ["--watch"] = WAIT, ["--follow"] = WAIT,
  ["-n"] = DRY_RUN, ["--dry-run"] = DRY_RUN, ["--dryrun"] = DRY_RUN, ["--what-if"] = DRY_RUN,
  ["--whatif"] = DRY_RUN, ["--noop"] = DRY_RUN, ["--check"] = DRY_RUN,
  ["--no-color"] = COLOUR, ["--no-colour"] = COLOUR, ["--color"] = COLOUR, ["--colour"] = COLOUR,
  ["--since"] = SINCE, ["--from"] = SINCE, ["--start"] = SINCE, ["--age"] = UNTIL,
  ["--until"] = UNTIL, ["--to"] = UNTIL, ["--end"] = UNTIL,
  ["-u"] = REQUESTOR, ["--user"] = REQUESTOR, ["--requester"] = REQUESTOR, ["--by"] = REQUESTOR,
  ["--initiator"] = REQUESTOR, ["--owner"] = REQUESTOR, ["--author"] = REQUESTOR,
  ["-r"] = COMMENT, ["--reason"] = COMMENT, ["--message"] = COMMENT, ["--note"] = COMMENT,
  ["--justification"] = COMMENT,
  ["--device"] = MACHINE, ["--host"] = MACHINE, ["--hostname"] = MACHINE,
  ["--computer"] = MACHINE, ["--machine-id"] = MACHINE, ["--device-id"] = MACHINE,
  ["--tenant"] = PROFILE, ["--context"] = PROFILE, ["--subscription"] = PROFILE,
  ["--account"] = PROFILE, ["--all-tenants"] = { "--all-profiles" },
  ["--top"] = LIMIT, ["--first"] = LIMIT, ["--max-results"] = LIMIT, ["--take"] = LIMIT,
  ["--max-count"] = LIMIT, ["-l"] = LIMIT, ["--limit"] = LIMIT,
  ["-a"] = ALL, ["--all"] = ALL,
  ["-v"] = VERBOSE, ["--debug"] = VERBOSE, ["--trace"] = VERBOSE,
  ["--state"] = { "--status" }, ["--kind"] = { "--type" }, ["-t"] = { "--type" },
  ["--action"] = { "--type" }, ["--sort"] = { "--order" }, ["--include-tag"] = { "--tag" },
  ["-c"] = COMMENT, ["-m"] = { "--requestor-comment" },
  ["--comment"] = { "--requestor-comment" },
  ["-V"] = { "--version" }, ["-?"] = { "--help" },
}

-- Options that have another meaning for one command. `instead`: words of mde.
habits.of_command = {
  list = { ["--explain"] = { "--show-filters" } },
  cancel = { ["--all"] = { instead = "--status Pending,InProgress" } },
  machines = { ["--all"] = { drop = "All machines are searched." },
               ["--explain"] = { "--show-filters" } },
}

-- Known options whose value has the form of another option's.
habits.swaps = {
  ["--after"] = { duration = "--newer-than" }, ["--before"] = { duration = "--older-than" },
  ["--newer-than"] = { date = "--after" }, ["--older-than"] = { date = "--before" },
}

-- Values, in lower case, by option.
habits.values = {
  ["--status"] = { open = "Pending,InProgress", active = "Pending,InProgress",
                   running = "InProgress", started = "InProgress", queued = "Pending",
                   waiting = "Pending", done = "Succeeded", success = "Succeeded",
                   completed = "Succeeded", error = "Failed", timedout = "TimeOut",
                   aborted = "Cancelled" },
  ["--type"] = { isolation = "Isolate", release = "Unisolate", unisolation = "Unisolate",
                 scan = "RunAntiVirusScan", av = "RunAntiVirusScan",
                 collect = "CollectInvestigationPackage", lr = "LiveResponse",
                 package = "CollectInvestigationPackage", quarantine = "StopAndQuarantineFile",
                 restrict = "RestrictCodeExecution", unrestrict = "UnrestrictCodeExecution" },
  ["--order"] = { desc = "newest", asc = "oldest" },
  TYPE = { release = "unisolate", av = "scan", package = "collect", lr = "live-response" },
}

return habits

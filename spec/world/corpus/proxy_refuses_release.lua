-- A proxy's 403 after a release and its look: the journal named no action, and resumes read '0'.

local ACTION, MACHINE = "f4614f8e-58d6-4f8c-a6b2-5efac141f192",
                        "03ba780039094947f6c0e1382517a95a75d395c5"
local UNDO = { "undo", "--requestor", "soar@contoso.com", "--after", "2026-01-20T00:00:00Z",
               "--max", "10", "-m", "undo it", "-o", "/plans/p1.jsonl" }

local function run(name, at, argv, what)
  return { name = name, what = "run", at = at, argv = argv, host = "soc1", user = "dana",
           attended = true, agrees = true, intent = { what = what, path = "/plans/p1.jsonl" } }
end

local function refused(number)
  return { what = "request", number = number,
           fate = { lost = "after", outcome = "proxy", page = 403 } }
end

return {
  actions = {
    { id = ACTION, type = "RestrictCodeExecution", machine = MACHINE, status = "Succeeded",
      by = "soar@contoso.com", comment = "rule 17", age = 200, course = {} },
  },
  application = "1265ac6a-01ec-415e-aef8-8285fdadc238",
  entries = { run("p1", 0, UNDO, "undo"), run("p2", 40, { "apply", "/plans/p1.jsonl" }, "apply"),
              refused(9), refused(10), { what = "revoke", at = 100 } },
  hosts = {
    { name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 10000, user = "dana" },
  },
  is_faulty = true,
  machines = {
    { computerDnsName = "pc-1.contoso.com", deviceValue = "Normal", id = MACHINE,
      isolated = false, machineTags = {} },
  },
  seed = 1,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 200 },
  tenant = "125a83c3-7b6e-4a2f-8c1d-3c5d2f1e6a7b",
}

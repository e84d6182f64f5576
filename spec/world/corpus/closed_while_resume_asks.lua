-- A batch was closed while a resume asked, which then continued it.

return {
  actions = {
    { id = "6189dd8a-3465-413d-aa2b-e69523ac083a", type = "Isolate", machine = ("a"):rep(40),
      by = "soar@contoso.com", comment = "rule 17", age = 200, status = "Pending", course = {} },
  },
  application = "e20beccf-3b5c-4812-a80d-35ebc0cc7b4b",
  entries = {
    {
      argv = { "cancel", "-", "-m", "misfire", "--yes", "--max", "10" },
      at = 0,
      host = "soc1",
      input = "6189dd8a-3465-413d-aa2b-e69523ac083a\
55a841ba-7af8-40f3-a6ac-1af16591b938\
",
      intent = {
        comment = "misfire",
        ids = {
          "6189dd8a-3465-413d-aa2b-e69523ac083a", "55a841ba-7af8-40f3-a6ac-1af16591b938"
        },
        what = "cancel"
      },
      name = "p1",
      user = "dana",
      what = "run"
    },
    {
      agrees = true, argv = { "resume" }, at = 3.4191025636943291, attended = true,
      host = "soc1", intent = { what = "resume" }, name = "p3", user = "dana", what = "run"
    },
    { fate = { lost = "before", outcome = "timeout" }, number = 1, what = "request" },
    { fate = { lost = "before", outcome = "timeout" }, number = 2, what = "request" },
    { at = 2, host = "soc1", share = 1, what = "reboot" },
    {
      argv = { "batch", "close", "2026-01-23.1", "-m", "done by hand" },
      at = 5.5756431813210909, host = "soc1",
      intent = { batch = "2026-01-23.1", what = "close" }, name = "p1k", user = "dana",
      what = "run"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 23073.235338058672,
      user = "dana"
    }
  },
  is_faulty = true,
  machines = {
    { id = ("a"):rep(40), computerDnsName = "pc-1.contoso.com", machineTags = {},
      deviceValue = "Normal", isolated = false }
  },
  seed = 66000608,
  service = {
    cancel_takes = 0, duplicate_as = 400, final_as = 200, page_size = 17
  },
  tenant = "999f597a-e017-48cb-afc9-c65a44fd542b"
}

-- A watch whose batch was stopped as its last requests were in flight: it only reports then.

return {
  actions = {
    {
      age = 280.67999969369822, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "d295106a-b386-4d66-acbd-a0877e7c2d53",
      machine = "3cd408d2ee976e24cd1d77479ee460fb90748a03", status = "Pending",
      type = "Isolate"
    }
  },
  application = "f558fe05-b8ba-4655-a46d-c0109abeb3ac",
  entries = {
    {
      argv = {
        "watch", "/policies/p2/policy.lua", "--every", "30s", "--approve",
        "be164cea3ff50ba8075fa8bd"
      },
      at = 0.076654851478434788,
      host = "soc2",
      intent = {
        filter = { type = "Isolate" }, guards = { max = 3 }, is_approved = true,
        undoes = "Isolate", what = "watch"
      },
      name = "p2",
      user = "dana",
      what = "run"
    },
    {
      agrees = true, argv = {}, at = 830.80067286635654, attended = true, host = "soc1",
      intent = { path = "/plans/p5.jsonl", what = "apply" }, name = "p5bc", user = "dana",
      what = "run"
    },
    {
      at = 2.7570794633309612, by = "kim@contoso.com", cause = "admin", comment = "case 4",
      course = {}, machine = "3cd408d2ee976e24cd1d77479ee460fb90748a03", type = "Isolate",
      what = "admin_launch"
    },
    {
      argv = { "batch", "stop", "2026-01-23.1", "-m", "wrong list" }, at = 1.237640458764746,
      host = "soc2", intent = { batch = "2026-01-23.1", what = "stop" }, name = "p2t",
      user = "dana", what = "run"
    },
    {
      count = 5, fate = { lost = "after", outcome = "timeout" }, operation = "cancel",
      process = "p2", what = "answers"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0.16092606561828515, rate = 1, store = "soc1",
      uptime = 7033.1504560465046, user = "dana"
    },
    {
      name = "soc2", offset = 0, rate = 0.99992664558520894, store = "soc2",
      uptime = 1335.9933756648247, user = "dana"
    }
  },
  is_faulty = true,
  lasts = true,
  machines = {
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "3cd408d2ee976e24cd1d77479ee460fb90748a03", isolated = false, machineTags = {}
    }
  },
  policies = {
    {
      path = "/policies/p2/policy.lua",
      text = "return { comment = \"stale\","
        .. " select = { type = \"Isolate\", status = { \"Pending\", \"Succeeded\" } },"
        .. " decide = \"undo\", guard = { max = 3 } }\
"
    }
  },
  seed = 94004914,
  service = { cancel_takes = 0, duplicate_as = 400, final_as = 200, page_size = 4 },
  tenant = "406b3054-ce97-4b08-adfa-c21522e0b42f"
}

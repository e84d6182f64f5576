-- `mde watch` opened its store again after a full disk, and forgot the pause of a 429.

return {
  actions = {
    {
      age = 139.19191938250117, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "f0dc7ed8-61e9-4f5d-acfd-58948200e266",
      machine = "7768cff8e2cf4824d73d8b6e3d2dd2b0bfe0c384", status = "Pending",
      type = "Isolate"
    }
  },
  application = "1e175aed-5820-4021-a95e-0acfad781a02",
  entries = {
    {
      argv = {}, at = 13.145113967061897, host = "soc1",
      intent = { batch = "2026-01-23.1", what = "stop" }, name = "p1s", user = "kim",
      what = "run"
    },
    {
      argv = {
        "watch", "/policies/p1/policy.lua", "--every", "5m", "--approve",
        "a1c24f7cff0df3a8dbc57871"
      },
      at = 0,
      host = "soc1",
      intent = {
        filter = { type = "Isolate" }, guards = { max = 1000 }, is_approved = true,
        what = "watch"
      },
      name = "p1",
      user = "kim",
      what = "run"
    },
    {
      fate = { retry_after = 30, status = 429 }, number = 4, what = "request"
    },
    {
      at = 0.50833534487138243, ends = 2.7626552823339767, fault = "disk full", host = "soc1",
      what = "full"
    }
  },
  hosts = {
    {
      name = "soc1", offset = -9.1343821537586205, rate = 1, store = "soc1",
      uptime = 696.80934243402635, user = "kim"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-5.contoso.com", deviceValue = "Normal",
      id = "7768cff8e2cf4824d73d8b6e3d2dd2b0bfe0c384", isolated = false, machineTags = {}
    }
  },
  policies = {
    {
      path = "/policies/p1/policy.lua",
      text = "return { comment = \"stale\", select = { type = \"Isolate\" }, "
        .. "decide = function(_, machine) if machine:tagged \"crown-jewel\" then return "
        .. "keep \"ask first\" end return cancel \"stale\" end, guard = { max = 1000 } }\n"
    }
  },
  seed = 63004027,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 400 },
  tenant = "5764698e-b660-4b67-ab1c-4bcf5fe2b579"
}

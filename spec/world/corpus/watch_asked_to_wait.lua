-- The next round of a watch read before the Retry-After of the last one had passed.

return {
  actions = {
    {
      age = 14737.955490561882, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "364b9af7-6176-4d29-a569-3c281d966f5a",
      machine = "8f83bc176f8e6379723adc991dbc6b4574dfe242", status = "Pending",
      type = "Isolate"
    }
  },
  application = "11126f86-4070-4238-aa3c-b11af522ae1f",
  entries = {
    {
      argv = {
        "watch", "/policies/p1/policy.lua", "--every", "30s", "--approve",
        "66d7944e76ed8b64931cfd8d"
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
      at = 44.025859655859904, by = "kim@contoso.com", cause = "admin",
      comment = "other reason", id = "364b9af7-6176-4d29-a569-3c281d966f5a",
      what = "admin_cancel"
    },
    {
      count = 100, fate = { retry_after = 5, status = 503 }, operation = "get", process = "p1",
      what = "answers"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 13251.795887082784,
      user = "kim"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "8f83bc176f8e6379723adc991dbc6b4574dfe242", isolated = false, machineTags = {}
    }
  },
  policies = {
    {
      path = "/policies/p1/policy.lua",
      text = "return { comment = \"stale\", select = { type = \"Isolate\" },"
        .. " decide = \"cancel\", guard = { max = 1000 } }\
"
    }
  },
  seed = 71000534,
  service = {
    cancel_takes = 5.0077010694573936, duplicate_as = 201, final_as = 404
  },
  tenant = "bfd018a2-b454-4786-a016-01b393d5a92c"
}

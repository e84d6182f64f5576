-- Cancels an action whose first cancel got no answer and whose second one is forbidden.

return {
  actions = {
    {
      age = 51085.272615251735,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 3.3555414033575302, "InProgress" }, { 22.399364495791502, "Succeeded" }
      },
      id = "f8e96251-576c-4c6c-ac92-34952b362ced",
      machine = "4187a72802efae1d1621c55e85178d122e069c7c",
      status = "Pending",
      type = "RestrictCodeExecution"
    },
    {
      age = 51085.272615251735,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 15.009861602177171, "InProgress" }, { 156.08161581959428, "Succeeded" }
      },
      id = "af90bc98-6706-404f-a4e4-2ebbeb786bbd",
      machine = "37f7c872c5f452c7fea581f379369aa958a59482",
      status = "InProgress",
      type = "RestrictCodeExecution"
    }
  },
  application = "7c6066b3-cfc9-41b8-aa72-24f5eba8e24a",
  entries = {
    {
      fate = { lost = "after", outcome = "proxy", page = 403 }, number = 3, what = "request"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 403 }, number = 4, what = "request"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 403 }, number = 5, what = "request"
    },
    {
      fate = { retry_after = 1, status = 403 }, number = 7, what = "request"
    },
    {
      argv = {
        "cancel", "--type", "RestrictCodeExecution", "-m", "misfire", "--yes", "--max", "1000"
      },
      at = 0.68920377524050691,
      host = "soc1",
      intent = {
        comment = "misfire", filter = { type = "RestrictCodeExecution" }, what = "cancel"
      },
      name = "g",
      user = "dana",
      what = "run"
    },
    {
      argv = {
        "launch", "scan", "37f7c872c5f452c7fea581f379369aa958a59482", "-m", "case 5", "--wait"
      },
      at = 0.18086850072361801,
      host = "soc1",
      intent = {
        comment = "case 5", machines = { "37f7c872c5f452c7fea581f379369aa958a59482" },
        what = "scan"
      },
      name = "w",
      user = "dana",
      what = "run"
    },
    {
      at = 0.18086850072361801, cancel = 0, ends = 60.180868500723619, fault = "lag", get = 1,
      seconds = 14.070078423777524, what = "lag"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1.0000648466410937, store = "soc1",
      uptime = 21014.683163030753, user = "dana"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "4187a72802efae1d1621c55e85178d122e069c7c", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-5.contoso.com", deviceValue = "Normal",
      id = "37f7c872c5f452c7fea581f379369aa958a59482", isolated = false, machineTags = {}
    }
  },
  seed = 92001172,
  service = {
    cancel_takes = 7.7526440937012993, duplicate_as = 400, final_as = 404, has_mark = true,
    page_size = 2
  },
  tenant = "6aa6c7d9-4da9-4a48-a380-8bc4caf67e45"
}

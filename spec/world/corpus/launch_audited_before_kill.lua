-- A launch was audited, its process died, and a resume that could not read wrote "unknown" after that.

return {
  actions = {},
  application = "5783dc0c-22a5-495d-aafd-711eab1fa9d8",
  entries = {
    {
      argv = {
        "isolate", "27c7d5e5539fa01deff7b766398f751644a0b9f4", "-m", "case 4", "--yes", "--max",
        "1000", "--override", "protect_tags"
      },
      at = 0,
      host = "soc1",
      intent = {
        comment = "case 4", machines = { "27c7d5e5539fa01deff7b766398f751644a0b9f4" },
        what = "isolate"
      },
      name = "p1",
      user = "dana",
      what = "run"
    },
    {
      agrees = true, argv = { "resume" }, at = 3.3270875037195307, attended = true,
      host = "soc1", intent = { what = "resume" }, name = "p2", user = "dana", what = "run"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 504 }, number = 5, what = "request"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 504 }, number = 6, what = "request"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 504 }, number = 7, what = "request"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 504 }, number = 8, what = "request"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 504 }, number = 9, what = "request"
    },
    {
      partly = 0.71200974852253562, process = "p1", touch = 155, what = "crash"
    },
    {
      at = 5.0526144025554771, ends = 10.342010668411529,
      fate = { retry_after = 20, status = 503 }, fault = "outage", what = "outage"
    },
    {
      at = 76.990383504105864, host = "soc1", share = 0.94717706642169608, what = "reboot"
    },
    { fate = { status = 503 }, number = 1, what = "sign_in" }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1.0000190826532582, store = "soc1",
      uptime = 273.30534782320831, user = "dana"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "27c7d5e5539fa01deff7b766398f751644a0b9f4", isolated = false, machineTags = {}
    }
  },
  profile = { guards = { max = 1, protect_tags = { "crown-jewel" } } },
  seed = 31004529,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 404 },
  tenant = "1c569603-4303-49a0-a75b-7b1ae8a5ed41"
}

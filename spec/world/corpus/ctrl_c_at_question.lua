-- Ctrl-C while a question waits: the process ends before the answer.

return {
  actions = {
    {
      age = 135.44615271818699, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "c835011e-3389-465d-a09f-570d15e357e9",
      machine = "7ea2b7dd24131b6437018bd997376ea39f30c654", status = "Pending",
      type = "RunAntiVirusScan"
    }
  },
  application = "86547725-1605-4f01-a1ef-319b1c03f302",
  entries = {
    {
      agrees = true,
      argv = {
        "cancel", "--type", "RunAntiVirusScan", "-m", "misfire", "--max", "1000"
      },
      at = 0,
      attended = true,
      host = "soc1",
      intent = {
        comment = "misfire", filter = { type = "RunAntiVirusScan" }, what = "cancel"
      },
      name = "p1",
      user = "kim",
      what = "run"
    },
    { at = 0.70240654143570214, process = "p1", what = "signal" }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1.000078545763762, store = "soc1",
      uptime = 1768.1083197630094, user = "kim"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-13.contoso.com", deviceValue = "Normal",
      id = "7ea2b7dd24131b6437018bd997376ea39f30c654", isolated = false, machineTags = {}
    }
  },
  seed = 61002511,
  service = {
    cancel_takes = 0, duplicate_as = 400, final_as = 400,
    limits = { hour = 1500, is_silent = false, minute = 3 }
  },
  tenant = "cce55eb1-553a-45bc-ab21-7e982f0c91ca"
}

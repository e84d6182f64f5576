-- A proxy's 403 after a cancel: a resume cancelled again without a read.

return {
  actions = {},
  application = "70c11257-a306-4e52-a7f0-0f9d8dd81098",
  entries = {
    {
      argv = {
        "cancel", "ff5a460a-e651-4d19-a71e-7ac091bf567d",
        "8e5556f6-fada-4365-a741-753991f0339e", "-m", "misfire", "--yes"
      },
      at = 0.42240370189244097,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "ff5a460a-e651-4d19-a71e-7ac091bf567d", "8e5556f6-fada-4365-a741-753991f0339e"
        },
        what = "cancel"
      },
      name = "p3",
      user = "kim",
      what = "run"
    },
    {
      agrees = true,
      argv = {
        "cancel", "8e5556f6-fada-4365-a741-753991f0339e",
        "ff5a460a-e651-4d19-a71e-7ac091bf567d", "-m", "misfire"
      },
      at = 2.346687705311497,
      attended = true,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "8e5556f6-fada-4365-a741-753991f0339e", "ff5a460a-e651-4d19-a71e-7ac091bf567d"
        },
        what = "cancel"
      },
      name = "p4",
      user = "kim",
      what = "run"
    },
    {
      at = 0.83537560595378102, ends = 181.45542158265735, process = "p4", what = "freeze"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 403 }, number = 4, what = "request"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 106.247836052626,
      user = "kim"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "196d52b8a13419b797ed3fd5db7ac785702539cd", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "177d105c58daae46b8f29fede232397aa3e17f2c", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-3.contoso.com", deviceValue = "Normal",
      id = "ebb6e8eef9cd642a91706b6e9bbbc88ce19fcbf3", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-4.contoso.com", deviceValue = "Normal",
      id = "50447b58cc63ffa43edc939ee420e57f426a1ea0", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-5.contoso.com", deviceValue = "Normal",
      id = "260397b87ee73732adb35e9c463c4196d7292c63", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-6.contoso.com", deviceValue = "Normal",
      id = "86728a5535f356fd3435c684353b250d7f850314", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-7.contoso.com", deviceValue = "Normal",
      id = "84426932e8a16f7803b0b58541b4b7822b0a5077", isolated = false, machineTags = {}
    }
  },
  seed = 37,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 200, page_size = 2 },
  tenant = "09f528da-833c-40ca-affe-c20fd86faa9e"
}

-- A proxy's 403 after a launch: a resume launched again without a look.

return {
  actions = {},
  application = "99e946a1-9252-4df2-a518-10b92b4f7ff4",
  entries = {
    {
      argv = {
        "isolate", "909cf583620cea8f92a05b1dfb51b4040f0b4a91",
        "234709d816e554ee7d9e7ac5223b09dc36e6a2c1", "-m", "case 4", "--yes"
      },
      at = 0,
      host = "soc1",
      intent = {
        comment = "case 4",
        machines = {
          "909cf583620cea8f92a05b1dfb51b4040f0b4a91",
          "234709d816e554ee7d9e7ac5223b09dc36e6a2c1"
        },
        what = "isolate"
      },
      name = "p1",
      user = "dana",
      what = "run"
    },
    {
      argv = { "resume", "--join" }, at = 0.23658142044246749, host = "soc1",
      intent = { what = "resume" }, name = "p2", user = "dana", what = "run"
    },
    {
      fate = { lost = "after", outcome = "proxy", page = 403 }, number = 2, what = "request"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 10115.601733199732,
      user = "dana"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "909cf583620cea8f92a05b1dfb51b4040f0b4a91", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "234709d816e554ee7d9e7ac5223b09dc36e6a2c1", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-3.contoso.com", deviceValue = "Normal",
      id = "a9b70bc289a5a246882cf8f32ca0cb297af153cc", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-4.contoso.com", deviceValue = "Normal",
      id = "6aa7437eede7b21e3c18b5d3e4af6d39043973e8", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-5.contoso.com", deviceValue = "Normal",
      id = "961b6758cede7c66307cc3a6ffb602b0e541e10d", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-6.contoso.com", deviceValue = "Normal",
      id = "dca853b5728dfb9fe169baadfb6668570758c131", isolated = false, machineTags = {}
    }
  },
  seed = 405,
  service = {
    cancel_takes = 11.391444682448622, duplicate_as = 201, final_as = 200
  },
  tenant = "a37c5f7b-ee42-4cff-ab81-6208fd1270f2"
}

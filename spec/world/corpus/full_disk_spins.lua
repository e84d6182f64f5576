-- A failed commit was tried again without a pause while answers were awaited.

return {
  actions = {},
  application = "0107204f-443d-498c-a132-882c71176270",
  entries = {
    {
      argv = {
        "isolate", "b95a4b44d280919a99098f001dd70404b82bdf2c",
        "668d5abf7b02629a177398acbbc5cf821aa9d61f", "5b67e79e0e6f2a2d2fe7e64f655a99fa7816377e",
        "d2b3d677f67c6e6d4837b601cda6145bf048e1b6", "-m", "case 4", "--yes"
      },
      at = 0,
      host = "soc1",
      intent = {
        comment = "case 4",
        machines = {
          "b95a4b44d280919a99098f001dd70404b82bdf2c",
          "668d5abf7b02629a177398acbbc5cf821aa9d61f",
          "5b67e79e0e6f2a2d2fe7e64f655a99fa7816377e",
          "d2b3d677f67c6e6d4837b601cda6145bf048e1b6"
        },
        what = "isolate"
      },
      name = "p1",
      user = "dana",
      what = "run"
    },
    {
      at = 0.34839122502167874, ends = 1.8421897697554037, fault = "disk full", host = "soc1",
      what = "full"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 515.31479276612026,
      user = "dana"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "b95a4b44d280919a99098f001dd70404b82bdf2c", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "668d5abf7b02629a177398acbbc5cf821aa9d61f", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-3.contoso.com", deviceValue = "Normal",
      id = "5b67e79e0e6f2a2d2fe7e64f655a99fa7816377e", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-4.contoso.com", deviceValue = "Normal",
      id = "d2b3d677f67c6e6d4837b601cda6145bf048e1b6", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-5.contoso.com", deviceValue = "Normal",
      id = "3d326214bb0b9b93404db7dcfaeb355d300589ae", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-6.contoso.com", deviceValue = "Normal",
      id = "58fcad99b85edb088f269676b32d02b0a9fa5b30", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-7.contoso.com", deviceValue = "Normal",
      id = "2d8676d282a9a7d8689235609cd56d78f93a97eb", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-8.contoso.com", deviceValue = "Normal",
      id = "bd0cb4cd7849cd81642fa216fc64e9cdc6d645e7", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-9.contoso.com", deviceValue = "Normal",
      id = "64b2106898a4ee711b5ce9aca127a002ba853a0c", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-10.contoso.com", deviceValue = "Normal",
      id = "fc495d2fd9455abcf21e9539495f38b41198f3af", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-11.contoso.com", deviceValue = "Normal",
      id = "ab8cf08b070333817d8f95cee569fdf8cd4a34a8", isolated = false, machineTags = {}
    }
  },
  seed = 150,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 200 },
  tenant = "2b5761fb-2758-432d-ab22-3d1ae2caf6b3"
}

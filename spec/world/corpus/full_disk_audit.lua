-- A full disk between two commits removed a committed line of the audit log.

return {
  actions = {
    {
      age = 4942.8149497307186, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "7359d3d3-08b7-4644-a3bc-9089649c49c6",
      machine = "60e2bb38ef17bf3101e6c01a1fc5867d858d18f9", status = "Pending",
      type = "RestrictCodeExecution"
    }
  },
  application = "3237e9ed-a06b-4e4c-ae38-3b2619372e25",
  entries = {
    {
      argv = {
        "cancel", "a26f7445-35ee-4c51-ae02-b8f5ba90c07b",
        "1c030c53-c6bb-40d4-a925-a83cc877977f", "7359d3d3-08b7-4644-a3bc-9089649c49c6",
        "1ad84835-f0ed-4a0c-ac80-2f6b12086f59", "e1b07bac-1436-4b17-a537-02a2f9f6634d",
        "43acf257-45de-4051-abc9-a9adeab3ff1f", "50ab88b6-513c-4937-a7e1-4ef7f631eeba",
        "ab23b1e3-ba7c-489d-a894-b08175419d31", "-m", "misfire", "--yes"
      },
      at = 0,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "a26f7445-35ee-4c51-ae02-b8f5ba90c07b", "1c030c53-c6bb-40d4-a925-a83cc877977f",
          "7359d3d3-08b7-4644-a3bc-9089649c49c6", "1ad84835-f0ed-4a0c-ac80-2f6b12086f59",
          "e1b07bac-1436-4b17-a537-02a2f9f6634d", "43acf257-45de-4051-abc9-a9adeab3ff1f",
          "50ab88b6-513c-4937-a7e1-4ef7f631eeba", "ab23b1e3-ba7c-489d-a894-b08175419d31"
        },
        what = "cancel"
      },
      name = "p1",
      user = "kim",
      what = "run"
    },
    {
      at = 0.21379383995460086, ends = 17.20722320838194, fault = "disk full", host = "soc1",
      what = "full"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 1992.6538948281011,
      user = "kim"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "4887593a9453da4ee52a9cdf3e05bf38003c18c7", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "b584a5e87c5200a4271760a0e6302cb853883de8", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-3.contoso.com", deviceValue = "Normal",
      id = "2d179e1e5fe642ac69a0f3ea88150cc80d3711e3", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-4.contoso.com", deviceValue = "Normal",
      id = "8387fbb0bc826669ea625b0c408a74d9d3739605", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-5.contoso.com", deviceValue = "Normal",
      id = "d2aad53a0de9d7961f3ff47479bde76e88f1e5eb", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-6.contoso.com", deviceValue = "Normal",
      id = "70804211c3ecb755526129c5f0cc9ccf6856ac84", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-7.contoso.com", deviceValue = "Normal",
      id = "2fe290bbfca65706e04d7ba4b6968f6005fedee8", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-8.contoso.com", deviceValue = "Normal",
      id = "60e2bb38ef17bf3101e6c01a1fc5867d858d18f9", isolated = false, machineTags = {}
    }
  },
  seed = 210,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 200 },
  tenant = "337139f9-68b0-4473-a1a0-a8cf2e2c0464"
}

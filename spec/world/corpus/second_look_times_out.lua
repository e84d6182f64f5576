-- After Ctrl-C a second look that got no answer ended the item not_found for good.

return {
  actions = {
    {
      age = 163.88898361465039,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 41.522956549449148, "InProgress" }, { 85.416011816033716, "Succeeded" }
      },
      id = "cdb96823-bbc8-4ca6-a2e4-e2b02666af8c",
      machine = "692baf6e4a1be36c28b31bfa6304a46f6b098335",
      status = "Pending",
      type = "RunAntiVirusScan"
    },
    {
      age = 85427.368020942609,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 8.9573562975963448, "InProgress" }, { 18.544324750113631, "Succeeded" }
      },
      id = "1db2d921-e8ad-465c-ad4b-78bda493d2e6",
      machine = "fb33d8270b10ed7e2f9389fab1c2e7d0f51d77d3",
      status = "Pending",
      type = "Isolate"
    }
  },
  application = "39c3e1b2-efd9-46e1-af28-0da023a2b349",
  entries = {
    {
      argv = {
        "cancel", "68b1837d-542c-48f1-abd3-dd08bd78a594", "-m", "misfire"
      },
      at = 2.5723518471294966,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "cdb96823-bbc8-4ca6-a2e4-e2b02666af8c", "1db2d921-e8ad-465c-ad4b-78bda493d2e6",
          "68b1837d-542c-48f1-abd3-dd08bd78a594"
        },
        what = "cancel"
      },
      name = "p2",
      tenant = "contoso.onmicrosoft.com",
      user = "kim",
      what = "run"
    },
    {
      at = 3.0195875159198398, ends = 18.76306684873601,
      fate = { lost = "before", outcome = "timeout" }, fault = "outage", what = "outage"
    },
    { at = 26.306252456073828, process = "p2", what = "signal" }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 0.99994455192179865, store = "soc1",
      uptime = 2579.8333440310248, user = "kim"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "692baf6e4a1be36c28b31bfa6304a46f6b098335", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "fb33d8270b10ed7e2f9389fab1c2e7d0f51d77d3", isolated = false, machineTags = {}
    }
  },
  seed = 132384,
  service = { cancel_takes = 0, duplicate_as = 400, final_as = 404 },
  tenant = "6046713c-661c-4f3f-a11d-660ad4e97f42"
}

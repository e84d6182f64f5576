-- A watch whose batch was stopped in the second before its end: it only reports then.

return {
  actions = {
    {
      age = 783.43458066066398,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 1.8007888965324641, "InProgress" }, { 252.93947968058336, "Failed" }
      },
      id = "f6fb9e90-d611-47a6-a987-91f1d8db3196",
      machine = "79eb36dce45cc3273a5ea5ea212f33bf00a25377",
      status = "Pending",
      type = "Isolate"
    },
    {
      age = 783.43458066066398, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "fcd6044e-0345-4e11-acf8-b1f04ec96126",
      machine = "60fef9f26e662c71890a83b1a4a3ee496bb33f20", status = "Pending",
      type = "Isolate"
    },
    {
      age = 783.43458066066398,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 1.4626739869844632, "InProgress" }, { 207.40786965574205, "Failed" }
      },
      id = "05ded8fc-5637-48e6-a322-fb1124c1de39",
      machine = "2797e7b7b9b845f8dca059795d5ded673a09476b",
      status = "Pending",
      type = "RestrictCodeExecution"
    },
    {
      age = 783.43458066066398,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 24.140718258028432, "InProgress" }, { 181.38804772631246, "Succeeded" }
      },
      id = "969ada09-6c53-4000-a1a7-4902c14b1086",
      machine = "9f4ec29a4ac107798f3560f44a913e99ab697879",
      status = "Pending",
      type = "RestrictCodeExecution"
    }
  },
  application = "3c03d48a-1e11-4120-a2e8-b302f5dfc210",
  entries = {
    {
      argv = { "batch", "stop", "2026-01-23.1" }, at = 7.4132109267119564, host = "soc1",
      intent = { batch = "2026-01-23.1", what = "stop" }, name = "p1s", user = "dana",
      what = "run"
    },
    {
      argv = {
        "watch", "/policies/p1/policy.lua", "--every", "30s", "--approve",
        "bb540fa27053921ce982e293"
      },
      at = 0,
      host = "soc1",
      intent = {
        filter = { type = "RestrictCodeExecution" }, guards = { max = 1000 },
        is_approved = true, what = "watch"
      },
      name = "p1",
      user = "dana",
      what = "run"
    },
    {
      agrees = true,
      argv = {},
      at = 78.771123370296266,
      attended = true,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "f6fb9e90-d611-47a6-a987-91f1d8db3196", "fcd6044e-0345-4e11-acf8-b1f04ec96126"
        },
        what = "cancel"
      },
      name = "p3",
      user = "dana",
      what = "run"
    },
    {
      at = 2.5220280863549345, ends = 7.2816475235582416, fault = "busy", store = "soc1",
      what = "busy"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 189.67407353284904,
      user = "dana"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "79eb36dce45cc3273a5ea5ea212f33bf00a25377", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "60fef9f26e662c71890a83b1a4a3ee496bb33f20", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-3.contoso.com", deviceValue = "Normal",
      id = "2797e7b7b9b845f8dca059795d5ded673a09476b", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-4.contoso.com", deviceValue = "Normal",
      id = "3151846fdb625c85a6ab55f172e347e8a2996158", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-5.contoso.com", deviceValue = "Normal",
      id = "99d05ef1d7870ee18871a317513e15ca92c4b212", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-6.contoso.com", deviceValue = "Normal",
      id = "a6200a85f70e732455efb53d4ee90ee089e468d8", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-7.contoso.com", deviceValue = "Normal",
      id = "9f4ec29a4ac107798f3560f44a913e99ab697879", isolated = false, machineTags = {}
    }
  },
  policies = {
    {
      path = "/policies/p1/policy.lua",
      text = "return { comment = \"stale\", select = { type = \"RestrictCodeExecution\" }, "
        .. "decide = function(_, machine) if machine:tagged \"crown-jewel\" then return "
        .. "keep \"ask first\" end return cancel \"stale\" end, guard = { max = 1000 } }\
"
    },
    {
      path = "/policies/p2/policy.lua",
      text = "return { comment = \"stale\", select = { type = \"RunAntiVirusScan\" }, "
        .. "decide = function(_, machine) if machine:tagged \"crown-jewel\" then return "
        .. "keep \"ask first\" end return cancel \"stale\" end, guard = { max = 1000 } }\
"
    }
  },
  profile = { guards = { protect_tags = { "crown-jewel" } } },
  seed = 109944718,
  service = {
    cancel_takes = 14.934402869593688, duplicate_as = 201, final_as = 400, page_size = 2
  },
  tenant = "3c47ebe4-2a38-4364-a4f7-48f1f1f9fbfe"
}

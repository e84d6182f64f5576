-- p4 still runs 144 s after the service began to fail

return {
  actions = {},
  application = "ed9d7ceb-7c26-438b-a8ce-e8ecb6f0cf42",
  entries = {
    {
      argv = {
        "watch", "/policies/p1/policy.lua", "--every", "5m", "--approve",
        "895c851b3f70520749b296a3"
      },
      at = 0,
      host = "soc1",
      intent = {
        filter = { type = "RunAntiVirusScan" }, guards = { max = 1000 }, is_approved = true,
        what = "watch"
      },
      name = "p1",
      user = "dana",
      what = "run"
    },
    {
      agrees = true,
      argv = {
        "cancel", "ed692cd6-1a68-4a5b-ae52-14b3e9b815da",
        "019f3657-032f-46f3-ab5f-4451a74de360", "2922b8a5-020c-4a8c-a042-64d95f230f30",
        "e051649d-0458-45c5-adde-6ae46d6c6e63", "05c4fccd-e418-47fa-afb6-a209e0dbe42d", "-m",
        "misfire", "--canary", "off", "--give-up", "30s"
      },
      at = 91.591473281101244,
      attended = true,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "ed692cd6-1a68-4a5b-ae52-14b3e9b815da", "019f3657-032f-46f3-ab5f-4451a74de360",
          "2922b8a5-020c-4a8c-a042-64d95f230f30", "e051649d-0458-45c5-adde-6ae46d6c6e63",
          "05c4fccd-e418-47fa-afb6-a209e0dbe42d"
        },
        what = "cancel"
      },
      name = "p4",
      user = "dana",
      what = "run"
    },
    {
      count = 6, fate = { lost = "after", outcome = "timeout", page = 403 }, operation = "get",
      process = "p4", what = "answers"
    },
    {
      at = 1.4833158341907273, ends = 434.10818321957646, fate = { status = 503 },
      fault = "outage", what = "outage"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1.000070738902364, store = "soc1",
      uptime = 136.72933492528125, user = "dana"
    }
  },
  is_faulty = true,
  machines = {},
  policies = {
    {
      path = "/policies/p1/policy.lua",
      text = "return { select = { type = \"RunAntiVirusScan\" }, decide = function() end }\
"
    }
  },
  profile = { guards = { max = 6 } },
  seed = 92000041,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 200 },
  tenant = "939254cc-917f-467c-af20-07999b601b7b"
}

-- Resumes an undo whose cancel took effect and whose release was forbidden: the release is launched.

return {
  actions = {
    {
      age = 288.40298190183205,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 1.2835687381786647, "InProgress" }, { 127.89740471240235, "Failed" }
      },
      id = "fe22458a-0489-4642-a7d9-da7ed38c5a87",
      machine = "e0b4eaf98ed5d134ead48f7226e0c3f677f4487d",
      status = "Pending",
      type = "Isolate"
    },
    {
      age = 83.012587701860539,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 9.2640018053193067, "InProgress" }, { 26.58968645201697, "Succeeded" }
      },
      id = "f4fa513f-ffd4-4f6b-a2fb-e7d1dd9a1ce9",
      machine = "64d8088a96bdd63810bb358f5f4fc706b7fd0a62",
      status = "Pending",
      type = "RunAntiVirusScan"
    },
    {
      age = 918.60682013592327, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "47ecf2fc-7b39-44fb-a975-bd57dac894e2",
      machine = "304e205d26ab015872fd4fb60b663292fe12d197", status = "Pending",
      type = "RestrictCodeExecution"
    },
    {
      age = 412.37610116049063,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 168.52162727716382, "InProgress" }, { 234.19405812115164, "Failed" }
      },
      id = "572f9b0b-0cdd-4196-a459-e478b1a2d48c",
      machine = "0f965818bcb74297f1d0001ee5150573ca64b06b",
      status = "Pending",
      type = "RestrictCodeExecution"
    },
    {
      age = 1627.3383238026481,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 1.7588592874956122, "InProgress" }, { 70.336040247436614, "Failed" }
      },
      id = "fb72b1a7-31a7-48cf-aa37-f86da85592a7",
      machine = "f4e1e000bfe6b43894ded36cae9de91ab0a684cb",
      status = "Pending",
      type = "RestrictCodeExecution"
    },
    {
      age = 4635.4992767010572,
      by = "soar@contoso.com",
      comment = "rule 17",
      course = {
        { 73.400235464197493, "InProgress" }, { 369.39403825954048, "Succeeded" }
      },
      id = "e0f0ea88-8d1f-41e3-a35c-f37ddd708c80",
      machine = "81dd8642783823b31a9d7f21b7cc39aa9a17fb5f",
      status = "Pending",
      type = "Isolate"
    }
  },
  application = "f1ddd5e0-50c3-452b-a44f-acb2ac2baf65",
  entries = {
    {
      fate = { retry_after = 30, status = 403 }, number = 15, what = "request"
    },
    {
      argv = {
        "undo", "--requestor", "soar@contoso.com", "--after", "2026-01-20T00:00:00Z", "-m",
        "undo now", "--yes", "--max", "1000"
      },
      at = 9.758347030489432,
      host = "soc1",
      intent = { what = "undo" },
      name = "u",
      user = "kim",
      what = "run"
    }
  },
  hosts = {
    {
      name = "soc1", offset = -137020.95107851387, rate = 0.99992562627579762, store = "soc1",
      uptime = 200.43983613544847, user = "kim"
    }
  },
  is_faulty = true,
  lasts = true,
  machines = {
    {
      computerDnsName = "pc-1.contoso.com", deviceValue = "Normal",
      id = "e0b4eaf98ed5d134ead48f7226e0c3f677f4487d", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "64d8088a96bdd63810bb358f5f4fc706b7fd0a62", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-5.contoso.com", deviceValue = "Normal",
      id = "304e205d26ab015872fd4fb60b663292fe12d197", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-6.contoso.com", deviceValue = "Normal",
      id = "0f965818bcb74297f1d0001ee5150573ca64b06b", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-7.contoso.com", deviceValue = "Normal",
      id = "f4e1e000bfe6b43894ded36cae9de91ab0a684cb", isolated = false, machineTags = {}
    },
    {
      computerDnsName = "pc-8.contoso.com", deviceValue = "Normal",
      id = "81dd8642783823b31a9d7f21b7cc39aa9a17fb5f", isolated = false, machineTags = {}
    }
  },
  seed = 596,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 200 },
  tenant = "f4ad6548-efc2-4b50-a4ed-c4549c33df2e"
}

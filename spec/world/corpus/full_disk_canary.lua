-- While the disk was full, a canary read its items again and again without a pause.

return {
  actions = {
    {
      age = 10064.19147430647, by = "soar@contoso.com", comment = "rule 17", course = {},
      id = "80c3132f-f0d4-4554-a0aa-15b01125809d",
      machine = "497fbb8caf51d67c002b1fa978ae136fa8d7adb8", status = "Pending",
      type = "RunAntiVirusScan"
    }
  },
  application = "bcd65e50-757c-4021-ad67-83f37678f379",
  entries = {
    {
      argv = {
        "cancel", "80c3132f-f0d4-4554-a0aa-15b01125809d",
        "e03b54e1-8b93-4e65-a0fc-b6eac9f7c2a2", "-m", "misfire", "--yes", "--canary", "1"
      },
      at = 0,
      host = "soc1",
      intent = {
        comment = "misfire",
        ids = {
          "80c3132f-f0d4-4554-a0aa-15b01125809d", "e03b54e1-8b93-4e65-a0fc-b6eac9f7c2a2"
        },
        what = "cancel"
      },
      name = "p1",
      user = "kim",
      what = "run"
    },
    {
      agrees = false, argv = { "resume" }, at = 0.19838671768146313, attended = true,
      host = "soc1", intent = { batch = "2026-01-23.1", what = "resume" }, name = "p2",
      tenant = "contoso.onmicrosoft.com", user = "kim", what = "run"
    },
    {
      at = 0.56971479282421911, ends = 6.3657772724388613, fault = "disk full", host = "soc1",
      what = "full"
    }
  },
  hosts = {
    {
      name = "soc1", offset = 0, rate = 1, store = "soc1", uptime = 8711.2852603705451,
      user = "kim"
    }
  },
  is_faulty = true,
  machines = {
    {
      computerDnsName = "pc-2.contoso.com", deviceValue = "Normal",
      id = "497fbb8caf51d67c002b1fa978ae136fa8d7adb8", isolated = false, machineTags = {}
    }
  },
  seed = 68000019,
  service = { cancel_takes = 0, duplicate_as = 201, final_as = 200 },
  tenant = "f31167bf-4b92-48e0-ae4a-b86422d4e631"
}

-- Profiles with each kind of option.
return {
  defaults = { client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587", cloud = "gov" },
  profiles = {
    contoso = {
      tenant = "contoso.com", secret_file = "contoso.secret", timeout = 20,
      quota = { per_minute = 50, per_hour = 700 },
      guard = { max = 40, max_share = 0.2, max_per_machine = 2, protect_tags = { "crown-jewel" },
                hours = "Mon-Fri 08:00-18:00 +01:00" },
    },
    ["emea-fabrikam"] = { tenant = "fabrikam.com", secret_command = { "pass", "mde/fabrikam" } },
    northwind = { tenant = "northwind.example", client_certificate = "northwind.pem",
                  proxy = false, managed_identity = nil },
    tailspin = { tenant = "tailspin.example", managed_identity = true },
  },
}

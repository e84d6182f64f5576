-- Profiles whose events go to the system's log: journalctl -t mde
--
-- `notify` in the defaults holds for all profiles; each event names its own.

return {
  defaults = {
    client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587", client_certificate = "mde.pem",
    notify = { "logger", "--tag", "mde", "--priority", "auth.notice" },
  },
  profiles = {
    contoso = { tenant = "contoso.com" },
    fabrikam = { tenant = "fabrikam.com" },
  },
}

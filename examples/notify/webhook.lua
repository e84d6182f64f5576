-- A profile whose events go to a webhook: the body of a POST is the JSON of one event.
--
-- The address is often a secret. So it is not in the command line, which other users can see, but
-- in webhook.curl, a file of mode 0600 with the line: url = "https://hooks.contoso.com/…"
-- An answer other than 2xx is a failure (--fail), after which mde sends the event again later.

return {
  profiles = {
    contoso = {
      tenant = "contoso.com", client_id = "3c9f4f0a-58d2-4b77-8f0e-b1a6c2d4e587",
      client_certificate = "mde.pem",
      notify = { "curl", "--silent", "--show-error", "--fail", "--max-time", "8",
                 "--header", "Content-Type: application/json", "--data-binary", "@-",
                 "--config", "/etc/mde/webhook.curl" },
    },
  },
}

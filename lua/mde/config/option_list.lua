-- The options of a client and the keys of a profile.

-- One row per option:
--   name, type and text   for the reference
--   variable   supplies the option from the environment
--   key        the Lua types of its value in a profile (absent: a profile can't have it)
--   only       "profile": a profile has it, a client does not
--   role       "sign-in" or "place": a profile takes precedence over its variable, and says so
--   way        a credential, of which a profile has one; "companion": belongs to a certificate
--   is_secret  never shown, and readable by the owner of the file only
--   is_path    in a profile relative to the folder of the configuration
local rows = {
  { name = "tenant", type = "string", text = "id (a GUID) or domain name of the tenant",
    variable = "AZURE_TENANT_ID", key = "string", role = "sign-in" },
  { name = "client_id", type = "string", text = "id of the application (a GUID)",
    variable = "AZURE_CLIENT_ID", key = "string", role = "sign-in" },
  { name = "client_secret", type = "string|fun(): string?, mde.error?",
    text = "its secret, or a function that returns it on use",
    variable = "AZURE_CLIENT_SECRET", key = "string", role = "sign-in", way = "secret",
    is_secret = true },
  { name = "secret_command", type = "string|string[]", only = "profile",
    text = "a shell command, or a program and its arguments, that prints the secret",
    key = "string or table", way = "secret" },
  { name = "secret_file", type = "string", only = "profile", text = "a file with the secret",
    key = "string", way = "secret", is_path = true },
  { name = "client_certificate", type = "string",
    text = "path of its certificate with its key: PEM or PFX",
    variable = "AZURE_CLIENT_CERTIFICATE_PATH", key = "string", role = "sign-in",
    way = "certificate", is_path = true },
  { name = "client_certificate_password", type = "string",
    variable = "AZURE_CLIENT_CERTIFICATE_PASSWORD", key = "string", role = "sign-in",
    way = "companion", is_secret = true },
  { name = "client_certificate_algorithm", type = '"PS256"|"RS256"', text = 'default "PS256"',
    key = "string", way = "companion" },
  { name = "send_certificate_chain", type = "boolean",
    text = "for applications that accept certificates by issuer and name",
    variable = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", key = "boolean", way = "companion" },
  { name = "federated_token_file", type = "string",
    text = "path of a file with a token that the application trusts",
    variable = "AZURE_FEDERATED_TOKEN_FILE", key = "string", role = "sign-in", way = "token",
    is_path = true },
  { name = "managed_identity", type = "boolean|string",
    text = "the machine's identity: true, or a client id", key = "boolean or string",
    way = "identity" },
  { name = "azure_cli", type = "true",
    text = "the user of the Azure CLI, even if other work of this process waits while it runs" },
  { name = "run_secret_command", type = "true",
    text = "run the profile's secret_command, even if other work of this process waits meanwhile" },
  { name = "token", type = "string", variable = "MDE_TOKEN", role = "sign-in", is_secret = true,
    text = "an access token, instead of tenant, client_id and a credential" },
  { name = "profile", type = "string",
    text = "instead of all these: a profile of the configuration file" },
  { name = "config", type = "string",
    text = "with a profile: the path of another configuration file" },
  { name = "cloud", key = "string", text = 'default "commercial"',
    type = '"commercial"|"us"|"eu"|"uk"|"au"|"swa"|"ina"|"aea"|"gcc"|"gcc-high"|"dod"' },
  { name = "api_url", type = "string", text = "base of the service's API, instead of the cloud's",
    variable = "MDE_API_URL", key = "string", role = "place" },
  { name = "authority", type = "string",
    text = "base of the login service, instead of the cloud's",
    variable = "AZURE_AUTHORITY_HOST", key = "string", role = "place" },
  { name = "ca_file", type = "string", variable = "MDE_CA_FILE", key = "string", is_path = true,
    text = "PEM file or folder of trusted authorities; default the system's" },
  { name = "proxy", type = "string|false", key = "string or false",
    text = "URL; false: none; default HTTPS_PROXY, except for hosts in NO_PROXY" },
  { name = "timeout", type = "number", key = "number",
    text = "seconds for a whole request; default 60" },
  { name = "http_version", type = '"1.1"|"2"',
    text = "default the highest that the service supports" },
  { name = "user_agent", type = "string" },
  { name = "quota", type = "{per_minute?: integer, per_hour?: integer}|false",
    variable = "MDE_QUOTA", key = "table or false",
    text = "limits of the service, if other than usual; false: none" },
  { name = "reserve", type = "number",
    text = "share of the quota that is kept free for others, from 0 to 0.9; default 0" },
  { name = "host", type = '"plain"|"nmap"|"nginx"|"haproxy"|"cqueues"|"luv"|mde.host',
    text = "the program or event loop that runs this Lua; default the program detected" },
  { name = "store", type = "mde.store", text = "keeps quota and tokens; default that of the host:"
      .. " memory, in nginx its dictionary `mde`" },
  { name = "on_request", type = "fun(record: mde.request_record)",
    text = "called after each request, without its secrets" },
  { name = "on_notice", type = "fun(notice: mde.notice)",
    text = "called if a call takes longer than usual" },
  { name = "guard", type = "mde.guard", only = "profile", key = "table",
    text = "limits on every change of this tenant" },
  { name = "notify", type = "string[]", only = "profile", key = "table",
    text = "a program and its arguments, which gets events of changes on its standard input" },
}

-- `client` and `profile` are the rows that only these have.
local list = { client = {}, profile = {} }
for _, row in ipairs(rows) do table.insert(list[row.only or "client"], row) end

-- Name -> the row's `field`, of all rows that have it.
function list.by_name(field)
  local map = {}
  for _, row in ipairs(rows) do map[row.name] = row[field] end
  return map
end

-- The `field` (default: name) of all rows that `is_wanted` accepts, in order.
function list.select(is_wanted, field)
  local found = {}
  for _, row in ipairs(rows) do
    if is_wanted(row) then found[#found + 1] = row[field or "name"] end
  end
  return found
end

return list

-- Where the service and its login live.
--
-- Source: Microsoft's pages "Supported Microsoft Defender for Endpoint APIs" (API
-- hosts) and "Use the application context" (login and scope). The token's
-- resource stays securitycenter.microsoft.com with the newer API hosts too.

local LOGIN = "https://login.microsoftonline.com"
local SCOPE = "https://api.securitycenter.microsoft.com/.default"

local function commercial(host)
  return { api = "https://" .. host, login = LOGIN, scope = SCOPE }
end

-- Name -> { api, login, scope }: the commercial cloud, and its regions, which
-- answer the same calls from nearer by.
return {
  commercial = commercial "api.security.microsoft.com",
  us = commercial "us.api.security.microsoft.com",
  eu = commercial "eu.api.security.microsoft.com",
  uk = commercial "uk.api.security.microsoft.com",
  au = commercial "au.api.security.microsoft.com",
  swa = commercial "swa.api.security.microsoft.com",
  ina = commercial "ina.api.security.microsoft.com",
}

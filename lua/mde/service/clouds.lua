-- Addresses of the service and its login, for each Microsoft cloud.
--
-- Source: Microsoft's pages "Supported Microsoft Defender for Endpoint APIs" (API
-- hosts), "Use the application context" (login and scope) and "Microsoft Defender for
-- Endpoint for US Government customers". The token's resource stays
-- securitycenter.microsoft.com with the newer commercial hosts too; in the clouds of the
-- US government it is the API host.

local LOGIN = "https://login.microsoftonline.com"
local SCOPE = "https://api.securitycenter.microsoft.com/.default"

local function commercial(host)
  return { api = "https://" .. host, login = LOGIN, scope = SCOPE }
end

local function government(host, login)
  return { api = "https://" .. host, login = login, scope = "https://" .. host .. "/.default" }
end

local US_LOGIN = "https://login.microsoftonline.us"

-- Name -> { api, login, scope }: the commercial cloud; its regional hosts, which answer the same
-- calls with less delay; and the clouds of the US government.
return {
  commercial = commercial "api.security.microsoft.com",
  us = commercial "us.api.security.microsoft.com",
  eu = commercial "eu.api.security.microsoft.com",
  uk = commercial "uk.api.security.microsoft.com",
  au = commercial "au.api.security.microsoft.com",
  swa = commercial "swa.api.security.microsoft.com",
  ina = commercial "ina.api.security.microsoft.com",
  aea = commercial "aea.api.security.microsoft.com",
  gcc = government("api-gcc.securitycenter.microsoft.us", LOGIN),
  ["gcc-high"] = government("api-gov.securitycenter.microsoft.us", US_LOGIN),
  dod = government("api-gov.securitycenter.microsoft.us", US_LOGIN),
}

local cloud = require "mde.cloud"
local url = require "mde.url"

describe("the clouds", function()
  it("are the commercial one and its regions", function()
    local hosts = {}
    for name, place in pairs(cloud) do hosts[name] = place.api end
    assert.same({
      commercial = "https://api.security.microsoft.com",
      us = "https://us.api.security.microsoft.com", eu = "https://eu.api.security.microsoft.com",
      uk = "https://uk.api.security.microsoft.com", au = "https://au.api.security.microsoft.com",
      swa = "https://swa.api.security.microsoft.com",
      ina = "https://ina.api.security.microsoft.com",
    }, hosts)
  end)

  it("share the login service, and the scope that keeps the older host's name", function()
    for name, place in pairs(cloud) do
      assert.equal("https://login.microsoftonline.com", place.login, name)
      assert.equal("https://api.securitycenter.microsoft.com/.default", place.scope, name)
    end
  end)

  it("are bases as they are", function()
    for _, place in pairs(cloud) do
      assert.equal(place.api, (url.base(place.api)))
      assert.equal(place.login, (url.base(place.login)))
    end
  end)
end)

-- Tests the addresses of the clouds, and the tokens for each.

local cloud = require "mde.service.clouds"
local url = require "mde.base.url"
local world = require "spec.support.world"

describe("the clouds", function()
  it("are the commercial one, its regions, and those of the US government", function()
    local hosts = {}
    for name, place in pairs(cloud) do hosts[name] = place.api end
    assert.same({
      commercial = "https://api.security.microsoft.com",
      us = "https://us.api.security.microsoft.com", eu = "https://eu.api.security.microsoft.com",
      uk = "https://uk.api.security.microsoft.com", au = "https://au.api.security.microsoft.com",
      swa = "https://swa.api.security.microsoft.com",
      ina = "https://ina.api.security.microsoft.com",
      aea = "https://aea.api.security.microsoft.com",
      gcc = "https://api-gcc.securitycenter.microsoft.us",
      ["gcc-high"] = "https://api-gov.securitycenter.microsoft.us",
      dod = "https://api-gov.securitycenter.microsoft.us",
    }, hosts)
  end)

  it("have a login service and a scope of their own", function()
    local government = { gcc = "https://login.microsoftonline.com",
                         ["gcc-high"] = "https://login.microsoftonline.us",
                         dod = "https://login.microsoftonline.us" }
    for name, place in pairs(cloud) do
      local login = government[name]
      assert.equal(login or "https://login.microsoftonline.com", place.login, name)
      local resource = login and place.api or "https://api.securitycenter.microsoft.com"
      assert.equal(resource .. "/.default", place.scope, name)
    end
  end)

  it("have valid base URLs", function()
    for _, place in pairs(cloud) do
      assert.equal(place.api, (url.base(place.api)))
      assert.equal(place.login, (url.base(place.login)))
    end
  end)

  it("get a token, which is sent to no other host", function()
    for name, place in pairs(cloud) do
      local hosts = {}
      local client, service = world.new({ oddities = { next_link = "other_host" } }, {
        cloud = name, on_request = function(record)
          hosts[#hosts + 1] = "https://" .. record.host
        end })
      world.add(service, 3)
      assert.equal(3, #assert(client:list()))
      assert.equal(place.login, hosts[1])
      for i = 2, #hosts do assert.equal(place.api, hosts[i]) end
    end
  end)
end)

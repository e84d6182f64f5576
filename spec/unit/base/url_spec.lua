-- Tests percent-encoding, forms, base URLs and no_proxy.

local url = require "mde.base.url"

describe("percent-encoding", function()
  it("does not change unreserved characters", function()
    local unreserved = "AZaz09-._~"
    assert.equal(unreserved, url.encode(unreserved))
  end)

  it("encodes every other byte", function()
    assert.equal("%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F", url.encode " !\"#$%&'()*+,/")
    assert.equal("%00%0A%7F%80%FF", url.encode "\0\n\127\128\255")
    assert.equal("M%C3%BCller", url.encode "Müller")
    assert.equal("", url.encode "")
  end)

  it("returns one value", function()
    assert.equal(1, select("#", url.encode "a b"))
  end)
end)

describe("a form", function()
  it("keeps the order, and encodes names and values", function()
    assert.equal("", url.form {})
    assert.equal("b=1&a=x%26y%3Dz&c%20d=",
      url.form { { "b", "1" }, { "a", "x&y=z" }, { "c d", "" } })
  end)
end)

describe("a base", function()
  it("is a scheme and a host, in lower case", function()
    local forms = {
      ["https://api.security.microsoft.com"] = "https://api.security.microsoft.com",
      ["HTTPS://API.Security.Microsoft.COM/"] = "https://api.security.microsoft.com",
      ["https://localhost:8443/"] = "https://localhost:8443",
      ["https://10.0.0.1:65535"] = "https://10.0.0.1:65535",
      ["https://[FD00::1]"] = "https://[fd00::1]",
      ["https://[fd00::1]:8443/"] = "https://[fd00::1]:8443",
      ["https://[::ffff:10.0.0.1]"] = "https://[::ffff:10.0.0.1]",
    }
    for text, base in pairs(forms) do assert.equal(base, (url.base(text))) end
  end)

  it("allows plain http only for loopback addresses", function()
    for _, base in ipairs { "http://127.0.0.1", "http://127.0.0.1:8080", "http://127.8.9.10",
                            "http://[::1]", "http://[::1]:80" } do
      assert.equal(base, (url.base(base)))
    end
    for _, text in ipairs { "http://localhost", "http://api.security.microsoft.com",
                            "http://127.0.0.1.example.com", "http://1127.0.0.1", "http://127.1",
                            "http://10.0.0.1", "http://[::2]", "http://[::1%25lo]" } do
      local base, expected = url.base(text)
      assert.is_nil(base, text)
      assert.is_truthy(expected:find("https://", 1, true))
    end
    local _, expected = url.base "http://localhost:8080"
    assert.equal("https://…: plain http is for loopback addresses (127.0.0.1, [::1]) only",
      expected)
  end)

  it("refuses anything else", function()
    for _, text in ipairs { "", "api.security.microsoft.com", "//host", "https://", "https:///",
                            "https://host/api", "https://host//", "https://host?x",
                            "https://host#x", "https://user@host", "https://user:word@host",
                            "ftp://host", "https://host:", "https://host:/", "https://host:x",
                            "https://host:65536", "https://host:80:80", "https://:443",
                            "https://ho st", "https://host\n", "https://host\0", " https://host",
                            "https://[::1", "https://::1",
                            "https://[]", "https://[x]", "https://[::1]x", "https://[::1]:",
                            "https://a[::1]", "https://a]b", "https://höst", "https://a,b",
                            "https://host:99999999999999999999" } do
      local base, expected = url.base(text)
      assert.is_nil(base, text)
      assert.equal("https://HOST, without path, user or query", expected)
    end
  end)
end)

describe("a host", function()
  it("is taken from a base, without its port", function()
    assert.equal("host", url.host "https://host")
    assert.equal("host", url.host "https://host:443")
    assert.equal("host", url.host "https://host:443/api/machineactions?x=y:z")
    assert.equal("127.0.0.1", url.host "http://127.0.0.1:8080")
    assert.equal("[::1]", url.host "http://[::1]:8080")
    assert.equal("[fd00::1]", url.host "https://[fd00::1]/api")
  end)
end)

describe("a no_proxy list", function()
  local HOST = "api.security.microsoft.com"

  it("matches a host, or the domain that it is in", function()
    for _, list in ipairs { HOST, "security.microsoft.com", ".microsoft.com", "*.microsoft.com",
                            "com", "*", "a, " .. HOST, "a," .. HOST .. ",b", "a " .. HOST,
                            ",,.MICROSOFT.com,", HOST .. ":443", "*.microsoft.com:443" } do
      assert.is_true(url.is_direct(HOST, list), list)
    end
  end)

  it("matches no other host", function()
    for _, list in ipairs { "", " ", ",", "microsoft", "osoft.com", "eu." .. HOST, "api.security",
                            "*osoft.com", "a*", ".", "*.", ":443", "[", "[]", "10.0.0.0/8",
                            HOST .. ".", "(api.*)" } do
      assert.is_false(url.is_direct(HOST, list), list)
    end
    assert.is_false(url.is_direct(HOST, nil))
  end)

  it("matches addresses", function()
    assert.is_true(url.is_direct("10.0.0.1", "10.0.0.1"))
    assert.is_true(url.is_direct("10.0.0.1", "10.0.0.1:8443"))
    assert.is_false(url.is_direct("10.0.0.1", "10.0.0.11"))
    assert.is_false(url.is_direct("10.0.0.11", "10.0.0.1"))
    for _, list in ipairs { "fd00::1", "[fd00::1]", "[FD00::1]:8443", "a,fd00::1" } do
      assert.is_true(url.is_direct("[fd00::1]", list), list)
    end
    assert.is_false(url.is_direct("[fd00::1]", "fd00::2"))
    assert.is_false(url.is_direct("[fd00::1]", "fd00:"))
    assert.is_false(url.is_direct("[fd00::1]", "1"))
  end)

  it("is not needed for loopback", function()
    for _, host in ipairs { "127.0.0.1", "127.3.4.5", "[::1]" } do
      assert.is_true(url.is_direct(host, nil))
      assert.is_true(url.is_direct(host, "example.com"))
    end
    assert.is_false(url.is_direct("127.0.0.1.example.com", nil))
  end)
end)

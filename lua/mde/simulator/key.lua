-- The key that signs the simulator's tokens.
--
-- It is PUBLIC and WORTHLESS: it is part of this program, only the simulator accepts its
-- signatures, and it must never be registered anywhere. It is constant, so that every simulator
-- can check the tokens of another.

local core = require "mde.core"
local jwt = require "mde.auth.jwt"

local key = {}

local PEM = [[
-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC2XhwxNJgHVcVW
d39Mx/mW7NvArC2jjuqTKgsFmoTN2rqiK5vvddwLCfXBclra0PXCEk8tNkDS8Mq9
msYhitZ9aRqjhFOw6rHGzShY/Qa21NOT7lt32E1/RrdVy1YhSC9vpjykvOWIY2zS
Q+6NlZKbCtCRAr+noJ2YCOYH2Bmwy8LCV/gfAXYI3oIWaXpSnCGIzJGd3WHlPd7G
/sOMG+avGtiU2pVKbLGJwVKs7bbhBvxK2KgwquzKLfQcKJ0dcVRJHqhXOCiJBVTC
n9v4z6yOHVUGDaHPHh5oEzUeeQMacCg0ecu4STKj/EhDuOLKwILgt2WF3YOYL9MX
k3XDkvztAgMBAAECggEAK9wU8DGbubHjaNELDPqQWL/E90EBpfNGj9e9+F5J/99R
4RRXZ79DCWWfFSQNXVCBtqfkInXIn+LZA8JQUftb7CQFy9tUrHk5gdxQDpzmCz1C
2HJsTbW4J7rod2oUoCMGA5Zpwd4LXyK4ZpZ/bk5RiNfQQvvz/5r1o/3J4wuSXC4v
4iMVXJGrcmJlkBZv02uZLiOJ+oPyKhsSBhCXU1iX+3by5yVgU/qLwVC99l9MViFh
f8Vc7Lc06ynGITtmL9TtJ5zdocw0vpMu6DxxTXo5M4bjucb3LgmuS2N5JwiTL/v0
IxeiucYC2TIGvr8j7Oiqc8nNd89o1an0NUq/MPpxSQKBgQD+3VSuzYwYw75Mg+VV
1qvdMr4QO4PrNDETOxUCNUlajWka8W7oQULAV92a39gqUKekBkk5u7tEujbSVqzU
4cOoD0SB+svfYT3jWUlEd+EGy2i8nzQwXyvsdTrlAEgig9TT4ipnJSSEKL54C9Nf
alnhUnU11KuwsfD3bZaLs4iTWQKBgQC3Lhj/alDr4oD3hk94upe8KzLwIvA98AtT
wbI1urHlW/3R26EOILyjinCtLl9o2WqowYLWOHtawuo6IUpFK3iksXTxYartA832
42kO5ALagH1xJ5ixDXEGwZ+uV0LXXKpsmSkokAd02RCGH2XGvzkxVE2wgi42M20a
0QOHcUpntQKBgQDtsPvmXvrWqc/TynrbOG9mx4ks2GSqui0+sy5ftdSoqBOrNhnq
b9rSSd/6LeOLa1c9iUNHnccETOsN9hoQHFH+bebFlmIG/cjbPI0xVuA+FvyiVZQ1
vLzZNWfs5PthfTPDPD2xnplUzC7/BIBoj2Yt11pLDwHks7948vKhbZnlWQKBgDmt
zjk+pNRhsfI+3G9LcdPSVmu+1J7sIuTwrMi2TKXH3Zhi68ejD0L/qJMfcvN04lzY
8fW6Oz1M+qvrJ5O4KHjTV9tZwZR4CjafTMlfinZ61wT2TuIRNXHHLhybZXSivRcM
8yTOlUp5vvY8lLOMKtoZjYzysNJoRwaWoeHYDnGxAoGBAKCjrInEq+pJ05Iyc5cQ
V5Wt0dwx5CYzZYEzu9D8m1OWm6hu7hTOqJWvyN1YrhzRpbc6dKP7OQN9P9SjbJQr
+8GbQDNVDYrACbtwQeaQnNMmpc2A8mGDJkHl3Dkx7pDWV6qxEteOKz1QwVqQHPqW
4AFhA81XvBH0egHRWiMPw54Y
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIICujCCAaICAQEwDQYJKoZIhvcNAQELBQAwIzEhMB8GA1UEAwwYbWRlIHNpbXVs
YXRvciwgd29ydGhsZXNzMB4XDTIwMDEwMTAwMDAwMFoXDTQ5MTIzMTIzNTk1OVow
IzEhMB8GA1UEAwwYbWRlIHNpbXVsYXRvciwgd29ydGhsZXNzMIIBIjANBgkqhkiG
9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtl4cMTSYB1XFVnd/TMf5luzbwKwto47qkyoL
BZqEzdq6oiub73XcCwn1wXJa2tD1whJPLTZA0vDKvZrGIYrWfWkao4RTsOqxxs0o
WP0GttTTk+5bd9hNf0a3VctWIUgvb6Y8pLzliGNs0kPujZWSmwrQkQK/p6CdmAjm
B9gZsMvCwlf4HwF2CN6CFml6UpwhiMyRnd1h5T3exv7DjBvmrxrYlNqVSmyxicFS
rO224Qb8StioMKrsyi30HCidHXFUSR6oVzgoiQVUwp/b+M+sjh1VBg2hzx4eaBM1
HnkDGnAoNHnLuEkyo/xIQ7jiysCC4Ldlhd2DmC/TF5N1w5L87QIDAQABMA0GCSqG
SIb3DQEBCwUAA4IBAQCoIJfwKhZF4FdU+h9QWUr4Pc3wPQItioU4zXypr3cmUswr
eo5mYxUyk3SXjp2NvGFxhIuQTtvYSbVfmnHPM4hBJnRF+NXtSuUTbCgHmCdazsiv
at/Z4nyZtYkOsherHPWrmpaWPev63Ec7VlW3ejFgUroeHxRvAaD6/BP60XeBBhuY
Nt9MhtlI1fgvY4rqIuBgswTwZm472BAGYnWZOFMMbmhWl5Kn6wG+2d+gOlcWRMi5
ZuzuXW1J9QsvvYK2qJN5JTVb2HsqLP8HiCud3gjdW2nYC2NRnzRBKmyFdpZtvgQ8
uAtrrnIQ4fE1r91HxvqnlQD2NCaI2m50DqTZx8JF
-----END CERTIFICATE-----
]]

local certificate, name

-- The key as a core.certificate, parsed on first use.
function key.certificate()
  certificate = certificate or assert(core.certificate(PEM))
  return certificate
end

-- A token signed in the way of Entra.
function key.sign(claims)
  name = name or jwt.base64url(key.certificate():thumbprint "SHA-1")
  return assert(jwt.sign({ typ = "JWT", alg = "RS256", kid = name, x5t = name }, claims,
    key.certificate()))
end

return key

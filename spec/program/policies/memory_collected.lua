-- keep
for i = 1, 40 do local _ = ("x"):rep(2^20) .. i end
local list
for _ = 1, 20 do
  list = {}
  for i = 1, 1e4 do list[i] = {} end
end
return { decide = "keep" }

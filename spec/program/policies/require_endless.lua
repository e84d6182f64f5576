-- policy exceeds the limit of 100 required modules
for i = 1, 1e6 do pcall(require, "module" .. i) end
return { decide = "cancel" }

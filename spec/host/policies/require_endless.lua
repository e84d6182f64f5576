-- policy requires more than 100 modules
for i = 1, 1e6 do pcall(require, "module" .. i) end
return { decide = "cancel" }

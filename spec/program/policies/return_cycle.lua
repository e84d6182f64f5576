-- policy nested too deep
local form = { decide = "cancel" }
form.select = form
return form

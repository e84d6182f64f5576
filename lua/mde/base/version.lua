-- The version of mde.
return "0.9.0"

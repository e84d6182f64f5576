-- The version of mde.
return "0.1.0-dev"

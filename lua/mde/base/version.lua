-- The version, in the one place it stands.
return "0.1.0-dev"

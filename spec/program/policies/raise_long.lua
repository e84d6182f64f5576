-- policy xxxxxxxxxx
error(("x"):rep(1e6))

-- policy comment is too large
return { decide = "cancel", comment = ("x"):rep(2^20 + 1) }

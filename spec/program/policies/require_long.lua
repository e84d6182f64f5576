-- cancel
pcall(require, ("x"):rep(3e5))
return { decide = "cancel" }

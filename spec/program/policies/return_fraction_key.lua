-- policy has a key that is neither text nor an integer
return { decide = "cancel", [1.5] = true }

-- policy has a key that is neither text nor an integer
return { decide = "cancel", select = { [function() end] = true } }

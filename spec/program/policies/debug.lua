-- policy nil value %(global 'debug'%)
debug.sethook()
return { decide = "cancel" }

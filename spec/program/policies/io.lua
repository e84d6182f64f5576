-- policy nil value %(global 'io'%)
return { decide = "cancel", comment = io.open("/etc/passwd"):read "a" }

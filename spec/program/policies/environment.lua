-- policy nil value %(field 'getenv'%)
return { decide = "cancel", comment = os.getenv "MDE_TOKEN" }

-- policy nil value %(field 'exit'%)
os.exit(0)

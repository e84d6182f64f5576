-- policy nil value %(field 'execute'%)
os.execute "touch /tmp/owned"
return { decide = "cancel" }

-- policy nil value %(field 'dump'%)
return { decide = "cancel", comment = string.dump(function() end) }

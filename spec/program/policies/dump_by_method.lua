-- policy nil value %(method 'dump'%)
return { decide = "cancel", comment = (""):dump() }

-- keep
print "\27[2Jmde: 200 actions cancelled\r\u{202e}\u{2028}\xff\0\u{85}"
return { decide = function() return keep "a\nmde: \27[31m\xff\u{202e}" end }

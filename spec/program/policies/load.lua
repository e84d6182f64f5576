-- policy nil value %(global 'load'%)
return load "return { decide = 'cancel' }" ()

-- policy raised a value of type table
error {}

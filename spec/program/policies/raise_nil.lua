-- policy raised a value of type nil
error(nil)

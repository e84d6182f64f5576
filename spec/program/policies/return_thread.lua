-- policy select%.x%[2%] is neither text
return { decide = "cancel", select = { x = { 1, coroutine.create(print) } } }

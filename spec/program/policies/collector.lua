-- policy no collectgarbage but
collectgarbage "stop"

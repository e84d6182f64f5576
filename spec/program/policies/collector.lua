-- policy can only call collectgarbage
collectgarbage "stop"

-- policy comes too late
return { decide = function() require "helpers" end }

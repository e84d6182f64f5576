-- policy is too late
return { decide = function() require "helpers" end }

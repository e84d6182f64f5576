-- The edit distance of texts.

local distance = require "mde.base.distance"

describe("the distance of two texts", function()
  it("counts insertions, deletions, substitutions and swaps of neighbours", function()
    for pair, expected in pairs { ["list list"] = 0, ["lsit list"] = 1, ["lst list"] = 1,
                                  ["lisst list"] = 1, ["fist list"] = 1, ["cancle cancel"] = 1,
                                  ["sitting kitten"] = 3, ["a "] = 1, [" ab"] = 2 } do
      local a, b = pair:match "^(%S*) (%S*)$"
      assert.same({ expected, expected }, { distance(a, b), distance(b, a) }, pair)
    end
  end)
end)

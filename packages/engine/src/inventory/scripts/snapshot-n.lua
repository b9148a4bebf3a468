--[[
  Reads a run as it stands, at one moment.

  KEYS[1]  META
  KEYS[2]  FREED
  KEYS[3+] BITMAP of each class asked for

  ARGV[1+] the classes, in the order of their BITMAPs

  { meta fields and values in turn, { taken, freed, taken, freed, … } in the order of the classes }
]]
local bytes = {}
for n, class in ipairs(ARGV) do
  bytes[2 * n - 1] = redis.call("GET", KEYS[n + 2]) or ""
  bytes[2 * n] = redis.call("HGET", KEYS[2], class) or ""
end
return { redis.call("HGETALL", KEYS[1]), bytes }

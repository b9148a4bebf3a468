--[[
  Reads every key of a run, at one moment.

  KEYS[1]  META
  KEYS[2]  HOLD
  KEYS[3]  FREED
  KEYS[4+] the classes' keys, see pools

  { meta, holds, freed, { a BITMAP's bytes, or a ZSET's members and scores in turn, … } }   hashes as fields and values in
                            turn; a key that is not there is an empty list
]]
local keys = {}
for n = 4, #KEYS do
  local kind = redis.call("TYPE", KEYS[n]).ok
  if kind == "string" then
    keys[n - 3] = redis.call("GET", KEYS[n])
  elseif kind == "zset" then
    keys[n - 3] = redis.call("ZRANGE", KEYS[n], 0, -1, "WITHSCORES")
  else
    keys[n - 3] = {}
  end
end
return { redis.call("HGETALL", KEYS[1]), redis.call("HGETALL", KEYS[2]), redis.call("HGETALL", KEYS[3]), keys }

--[[
  The plain way, one passenger a call: the first seat of a list, if its bit says that it is free.

  KEYS[1]  ZSET of the seats that are free, by name
  KEYS[2]  BITMAP of the seats that are taken

  the seat's name, or nothing
]]
local seat = redis.call("ZRANGE", KEYS[1], 0, 0)[1]
if not seat then return false end
local index = tonumber(string.match(seat, "%d+$")) - 1
if redis.call("GETBIT", KEYS[2], index) == 1 then return false end
redis.call("SETBIT", KEYS[2], index, 1)
redis.call("ZREM", KEYS[1], seat)
return seat

--[[
  Adds events to their stream, each under its own number.

  1. skip those that it has: somebody published them and died before saying so, or was slower than another
  2. add the others, and forget the oldest beyond the bound

  KEYS[1]  the stream

  ARGV[1]  events it keeps, about
  ARGV[2+] for each event, in their order: number, text

  how many were added
]]
local call = redis.call

local newest = call("XREVRANGE", KEYS[1], "+", "-", "COUNT", 1)[1]
local last = newest and tonumber(string.match(newest[1], "^%d+")) or 0
local added = 0
for i = 2, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    call("XADD", KEYS[1], "MAXLEN", "~", ARGV[1], ARGV[i] .. "-0", "event", ARGV[i + 1])
    added = added + 1
  end
end
return added

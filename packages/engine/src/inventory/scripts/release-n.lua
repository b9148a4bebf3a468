--[[
  Frees what cancelled sales held, each sale once.

  KEYS[1]  META
  KEYS[2]  HOLD
  KEYS[3]  FREED
  KEYS[4+] the classes' keys, see pools

  ARGV[1]  epoch            of the commit that cancelled
  ARGV[2]  classes          as JSON, see pools
  ARGV[3]  freeings         as JSON: { { sale id as text, class, slot, from, to }, … }

  "Applied"; "Stale": a later epoch shows it already; "Early": not loaded at that epoch yet
]]
-- @include bits
-- @include time
-- @include hold
-- @include pools
-- @include zsets
-- @include freeing
-- @include fence

local refusal = fenced(tonumber(ARGV[1]))
if refusal then return refusal end

local classes = read_classes(ARGV[2], 4)
local freeings = cjson.decode(ARGV[3])
for _, freeing in ipairs(freeings) do
  if not classes[freeing[2]] then return redis.error_reply("ERR class " .. freeing[2] .. " was not described") end
end
local now = now_millis()
for _, freeing in ipairs(freeings) do
  local sale_id, class_name, slot, from, to = unpack(freeing)
  if call("HSETNX", KEYS[2], "r:" .. sale_id, now) == 1 then free_legs(classes[class_name], slot, from, to) end
end
for _, class in ipairs(classes) do
  if class.freed_changed then write_freed(class) end
end
return "Applied"

--[[
  Loads and publishes a run whole, unless one of the same or a later epoch is there.

  1. refuse unless the epoch is above the stored one
  2. ask for the keys of the ZSETs where some were made; a run that nobody has booked has none
  3. delete what was there
  4. write META, taken bits and waiting parties; ZSETs are made by the first booking
  5. where somebody waits, set free legs aside, so that newcomers come after one pass of the promoter

  KEYS[1]  META
  KEYS[2]  HOLD
  KEYS[3]  FREED
  KEYS[4+] each class's BITMAP, then the ZSETs of all pools; these may be left out at first

  ARGV[1]  epoch
  ARGV[2]  version
  ARGV[3]  classes          how many
  ARGV[4]  waiting          as JSON, for classes where somebody waits, else empty:
                            { { nth class, name, legs, { { hold id, quota, passengers, from, to }, … } }, … }
  ARGV[5+] each class's taken bits, then for each pool that sells anything its field m:<class>:<quota> and its mask

  "Loaded", "Refused", or "Pools": repeat with the keys of the ZSETs
]]
-- @include bits

local class_count = tonumber(ARGV[3])
local stored = call("HGET", KEYS[1], "gate")
if stored then
  if tonumber(string.match(stored, "^%d+")) >= tonumber(ARGV[1]) then return "Refused" end
  if #KEYS == 3 + class_count then
    for _, field in ipairs(call("HKEYS", KEYS[1])) do
      if find(field, "^z:") then return "Pools" end
    end
  end
end
call("DEL", unpack(KEYS))

local first_mask = 5 + class_count
call("HSET", KEYS[1], "gate", ARGV[1] .. ":" .. ARGV[2], unpack(ARGV, first_mask))
for class = 1, class_count do
  local taken = ARGV[4 + class]
  if #taken > 0 then call("SET", KEYS[3 + class], taken) end
end

if ARGV[4] == "" then return "Loaded" end
-- @include hold
for _, waiting in ipairs(cjson.decode(ARGV[4])) do
  local class, name, legs, parties = unpack(waiting)
  for _, party in ipairs(parties) do
    local id, quota, passengers, from, to = unpack(party)
    call("HSET", KEYS[2], id, write_hold({
      state = "parked", time = 0, class = name, quota = quota, from = from, to = to,
      passengers = passengers, fingerprint = "", slots = ""
    }))
    call("HINCRBY", KEYS[1], "w:" .. name .. ":" .. quota, 1)
    call("HINCRBY", KEYS[1], "p:" .. name .. ":" .. quota, passengers)
    call("HSET", KEYS[1], "c:" .. name .. ":" .. quota, "1")
  end

  local on_sale = {}
  for n = first_mask, #ARGV, 2 do
    if find(ARGV[n], "m:" .. name .. ":", 1, true) == 1 then
      for bay = 1, #ARGV[n + 1] do on_sale[bay] = bor(on_sale[bay] or 0, byte(ARGV[n + 1], bay)) end
    end
  end
  local taken, all, freed = ARGV[4 + class], {}, {}
  for bay = 1, math.max(#on_sale, #taken / legs) do
    local berths = on_sale[bay] or 0
    for leg = 1, legs do
      local offset = (bay - 1) * legs + leg
      local was = byte(taken, offset) or 0
      freed[offset] = char(band(berths, 255 - was))
      all[offset] = char(bor(berths, was))
    end
  end
  if #freed > 0 then
    call("SET", KEYS[3 + class], table.concat(all))
    call("HSET", KEYS[3], name, table.concat(freed))
  end
end
return "Loaded"

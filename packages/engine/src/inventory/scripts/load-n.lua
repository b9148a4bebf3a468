--[[
  Loads and publishes a run whole, unless one of the same or a later epoch is there.

  1. refuse unless the epoch is above the stored one
  2. delete what was there
  3. write META, taken bits and waiting parties; ZSETs are made by the first booking
  4. where somebody waits, set free legs aside, so that newcomers come after one pass of the promoter

  KEYS[1]  META
  KEYS[2]  HOLD
  KEYS[3]  FREED
  KEYS[4+] the classes' keys, see pools

  ARGV[1]  epoch
  ARGV[2]  version
  ARGV[3]  classes          as JSON, see pools; each with waiting: { { hold id, quota, passengers, from, to }, … }
  ARGV[4+] for each class its taken bits, then a mask for each of its quotas

  "Loaded" or "Refused"
]]
-- @include bits
-- @include hold
-- @include pools

local stored = call("HGET", KEYS[1], "gate")
if stored and tonumber(string.match(stored, "^%d+")) >= tonumber(ARGV[1]) then return "Refused" end

local classes = read_classes(ARGV[3], 4)
call("DEL", unpack(KEYS))
call("HSET", KEYS[1], "gate", ARGV[1] .. ":" .. ARGV[2])
local argument = 4
for _, class in ipairs(classes) do
  local taken = ARGV[argument]
  local on_sale = {}
  for q, quota in ipairs(class.quotas) do
    local mask = ARGV[argument + q]
    if #mask > 0 then call("HSET", KEYS[1], "m:" .. class.name .. ":" .. quota, mask) end
    for bay = 1, #mask do on_sale[bay] = bor(on_sale[bay] or 0, byte(mask, bay)) end
  end
  argument = argument + 1 + #class.quotas

  for _, party in ipairs(class.waiting) do
    local id, quota, passengers, from, to = unpack(party)
    call("HSET", KEYS[2], id, write_hold({
      state = "parked", time = 0, class = class.name, quota = quota, from = from, to = to,
      passengers = passengers, fingerprint = "", slots = ""
    }))
    call("HINCRBY", KEYS[1], "w:" .. class.name .. ":" .. quota, 1)
    call("HINCRBY", KEYS[1], "p:" .. class.name .. ":" .. quota, passengers)
  end

  if #class.waiting > 0 then
    local all, freed = {}, {}
    for bay = 1, math.max(#on_sale, #taken / class.legs) do
      local berths = on_sale[bay] or 0
      for leg = 1, class.legs do
        local offset = (bay - 1) * class.legs + leg
        local was = byte(taken, offset) or 0
        freed[offset] = char(band(berths, 255 - was))
        all[offset] = char(bor(berths, was))
      end
    end
    taken = table.concat(all)
    if #freed > 0 then call("HSET", KEYS[3], class.name, table.concat(freed)) end
  end
  if #taken > 0 then call("SET", class.bitmap, taken) end
end
return "Loaded"

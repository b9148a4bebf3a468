--[[
  Seats those who wait in one pool, in their order, from free legs and legs set aside; then opens to newcomers what
  nobody waiting can use.

  1. refuse unless the run's gate is the caller's
  2. seat each party named that is known to wait and fits; the others stay, known to the ledger
  3. set free the legs set aside, but for berths of pools in which somebody waits who was not named; where all were
     named, newcomers may be seated again
  4. write: bits, the pools' ZSETs, FREED, holds, counts

  KEYS[1]  META
  KEYS[2]  HOLD
  KEYS[3]  FREED
  KEYS[4+] the class's keys, see pools

  ARGV[1]  gate             epoch:version
  ARGV[2]  class            as JSON, a list of one, see pools
  ARGV[3]  quota
  ARGV[4]  lower            mask of lower berths in a bay
  ARGV[5]  hold millis      how long the berths stay held unless the ledger has them
  ARGV[6]  parties          as JSON, in order: { { hold id, from, to, lower min, same coach }, … }; see book
  ARGV[7+] for each party its wishes and its costs, see choose

  { "Promoted", cleared, hold id, slots, hold id, slots, … }
                            cleared: 0 where somebody waits in the pool who was not named, else 1
  { "Gate", gate }          another gate; empty where the run is not here
]]
-- @include bits
-- @include time
-- @include hold
-- @include pools
-- @include zsets
-- @include freeing

local gate = call("HGET", KEYS[1], "gate")
if gate ~= ARGV[1] then return { "Gate", gate or "" } end

local class = read_classes(ARGV[2], 4)[1]
local quota, lower = ARGV[3], tonumber(ARGV[4])
open_class(class)
local pool
for _, candidate in ipairs(class.pools) do
  if candidate.quota == quota then pool = candidate end
end
if not pool then return redis.error_reply("ERR quota " .. quota .. " was not described") end

local before, freed = class.taken, class.freed
-- Within this call the legs set aside count as free.
local taken = before
if freed ~= "" then
  local bytes = {}
  for offset = 1, #before do
    bytes[offset] = char(band(byte(before, offset), 255 - (byte(freed, offset) or 0)))
  end
  taken = table.concat(bytes)
end

local deadline = now_millis() + tonumber(ARGV[5])
local reply, holds, sold_out = { "Promoted", "1" }, {}, {}
local waiting, waiting_passengers, named = pool.waiting, 0, 0
for n, waiter in ipairs(cjson.decode(ARGV[6])) do
  local id, from, to, lower_min, one_coach = unpack(waiter)
  local text = call("HGET", KEYS[2], id)
  local hold = text and not holds[id] and read_hold(text)
  if hold and hold.class == class.name and hold.quota == quota
    and (hold.state == "waiting" or hold.state == "parked") then
    local mask, legs, bays_per_coach = pool.mask, class.legs, class.bays_per_coach
    local wishes, costs, same_coach = ARGV[5 + 2 * n], ARGV[6 + 2 * n], one_coach == 1
    -- @include choose
    if bays then
      for b = 1, #bays do taken = with_bits(taken, class.legs, bays[b], from, to, bits[b]) end
      -- @include assign
      waiting, waiting_passengers = waiting - 1, waiting_passengers + hold.passengers
      hold.state, hold.time, hold.from, hold.to = "held", deadline, from, to
      hold.passengers, hold.slots = party, table.concat(slots, ",")
      reply[#reply + 1] = id
      reply[#reply + 1] = hold.slots
    else
      hold.state = "parked"
      -- Of one that has shrunk since the ledger was asked, the rest may fit.
      if party <= hold.passengers then named = named + 1 end
    end
    holds[id] = hold
  end
end

-- What those may use who wait but were not named stays set aside.
local kept = {}
for _, candidate in ipairs(class.pools) do
  local all_named = candidate.waiting == 0
  if candidate == pool then all_named = named == waiting end
  if not all_named then
    for bay = 1, #candidate.mask do kept[bay] = bor(kept[bay] or 0, byte(candidate.mask, bay)) end
    if candidate == pool then reply[2] = "0" end
  end
end
local after = taken
if freed ~= "" then
  local bytes, aside = {}, {}
  for offset = 1, #taken do
    local now_taken = byte(taken, offset)
    local keep = band(byte(freed, offset) or 0, kept[math.floor((offset - 1) / class.legs) + 1] or 0, 255 - now_taken)
    aside[offset] = char(keep)
    bytes[offset] = char(bor(now_taken, keep))
  end
  after, class.freed = table.concat(bytes), table.concat(aside)
end

if after ~= before then
  call("SET", class.bitmap, after)
  mend_class(class, before, after)
end
if class.freed ~= freed then write_freed(class) end
for id, hold in pairs(holds) do call("HSET", KEYS[2], id, write_hold(hold)) end
if waiting ~= pool.waiting then
  call("HINCRBY", KEYS[1], "w:" .. pool.name, waiting - pool.waiting)
  call("HINCRBY", KEYS[1], "p:" .. pool.name, -waiting_passengers)
end
if reply[2] == "1" then call("HDEL", KEYS[1], "c:" .. pool.name) end
if #reply > 2 and not pool.made then make_pool(class, pool, after, KEYS[1]) end
return reply

--[[
  Seats parties of one run, class and quota, one after the other; each whole or not at all:

  1. refuse unless the run's gate is the caller's
  2. answer a known hold id as before, unless its time is over
  3. refuse a call that nobody waits for any more
  4. choose berths; where none fit, let the party wait if it may; so too where berths fit and somebody who waits may
     have to come first, whom the promoter has not looked at yet
  5. write: bits, the pools' ZSETs, the hold

  Before that it notes which holds of the run the ledger has by now.

  KEYS[1]  META
  KEYS[2]  HOLD
  KEYS[3]  BITMAP of the class
  KEYS[4+] the quota's ZSETs, one a berth type

  ARGV[1]  gate             epoch:version
  ARGV[2]  class:quota
  ARGV[3]  legs             of the run
  ARGV[4]  hold millis      how long the berths stay held unless the ledger has them
  ARGV[5]  lower            mask of lower berths in a bay
  ARGV[6]  bays per coach
  ARGV[7]  types            index of the berth type (of KEYS[4+]) by position in a bay, a digit each
  ARGV[8]  alike            bits of the berths of the same type in a bay by position, a byte each
  ARGV[9]  class            as JSON, see pools
  ARGV[10] settled          how many holds follow that the ledger has at the gate's epoch
  and for each party, from `at` on:
  at       hold id
  at + 1   fingerprint
  at + 2   from             first leg of the journey
  at + 3   to               the leg after its last
  at + 4   latest           Redis time in ms after which the caller has gone
  at + 5   wishes           a byte a passenger, see choose
  at + 6   lower min        how many must get a lower berth
  at + 7   same coach       1 or 0
  at + 8   waitlist max     passengers that may wait in the pool; 0: this party may not
  at + 9   costs            of a bay by its free berths, see choose; empty: those of the party before
  at + 10  record           what hold keeps of the party from the pool to the fingerprint, each with | behind it
  at + 11  first try        1: say that a promoter must pass first; 0: it has, and the party waits if it may
  at + 12  tells scattered  1: where no berth is free throughout but no leg is full, say so instead

  A reply for each party, in order:
  { "Held", slots, known }  slots with commas, in the order of the wishes; known is 1 or 0
  { "Waiting", known }
  { "Full", free }          berths free on the journey; nothing was written
  { "Scattered" }           does not fit, though each leg has berths enough; nothing was written
  { "Behind" }              fits, but a promoter must pass first; nothing was written
  { "Conflict" }            the hold id came before with another fingerprint
  { "Ended" }               the hold came before and has ended
  { "Gate", gate }          another gate; empty where the run is not here
  { "Late" }                nobody waits for it, or the hold's time is over; nothing was written
]]
-- @include bits

local pool_name = ARGV[2]
-- Adding 0 reads a number at half the price of tonumber, and %d writes one in 0.2 µs less than Redis does; but not one of
-- more than 32 bits, in WebAssembly.
local legs, lower, bays_per_coach = ARGV[3] + 0, ARGV[5] + 0, ARGV[6] + 0
local time = call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deadline = tostring(now + ARGV[4])

-- Told here, they cost no call of their own, and the sweep need not ask the ledger about them.
local first_party = 11 + ARGV[10]
if first_party > 11 and call("HGET", KEYS[1], "gate") == ARGV[1] then
  for n = 11, first_party - 1 do
    local known = call("HGET", KEYS[2], ARGV[n])
    if known and sub(known, 1, 5) == "held|" then
      call("HSET", KEYS[2], ARGV[n], "settled|" .. now .. sub(known, (find(known, "|", 6, true))))
    end
  end
end

-- What a party was not given, the next one of the same call is not given either: nothing is freed meanwhile.
local sold_out, few, last_costs = {}, {}, nil

local function seat(at)
  local id, costs = ARGV[at], ARGV[at + 9]
  if costs == "" then costs = last_costs end
  last_costs = costs
  local meta = call("HMGET", KEYS[1], "gate", "m:" .. pool_name, "z:" .. pool_name, "c:" .. pool_name)
  if meta[1] ~= ARGV[1] then return { "Gate", meta[1] or "" } end

  local known = call("HGET", KEYS[2], id)
  if known then
    -- @include hold
    local hold = read_hold(known)
    if hold.state == "ended" then return { "Ended" } end
    -- A party that came with a load has no fingerprint; the ledger has compared it.
    if hold.fingerprint ~= "" and hold.fingerprint ~= ARGV[at + 1] then return { "Conflict" } end
    -- What the ledger has not been asked of by now is about to be swept: nobody may write under it any more.
    if (hold.state == "held" or hold.state == "waiting") and hold.time < now then return { "Late" } end
    if hold.state == "waiting" or hold.state == "parked" then return { "Waiting", "1" } end
    return { "Held", hold.slots, "1" }
  end

  if now > ARGV[at + 4] + 0 then return { "Late" } end

  local mask, made = meta[2] or "", meta[3]
  local taken = call("GET", KEYS[3]) or ""
  local from, to = ARGV[at + 2] + 0, ARGV[at + 3] + 0
  local wishes = ARGV[at + 5]
  local lower_min, same_coach = ARGV[at + 6] + 0, ARGV[at + 7] == "1"
  -- @include choose

  if not bays and ARGV[at + 12] == "1" then
    -- @include scattered
    if scattered then return { "Scattered" } end
  end
  local behind = bays and meta[4]
  if behind and ARGV[at + 11] == "1" then return { "Behind" } end
  if behind or not bays then
    local waitlist_max = ARGV[at + 8] + 0
    if waitlist_max == 0
      or tonumber(call("HGET", KEYS[1], "p:" .. pool_name) or 0) + party > waitlist_max then
      -- What is free then is not counted to its end.
      return behind and { "Behind" } or { "Full", tostring(total) }
    end
    call("HSET", KEYS[2], id, "waiting|" .. deadline .. "|" .. ARGV[at + 10])
    call("HINCRBY", KEYS[1], "w:" .. pool_name, 1)
    call("HINCRBY", KEYS[1], "p:" .. pool_name, party)
    return { "Waiting", "0" }
  end

  local class
  if not made then
    class = cjson.decode(ARGV[9])
    class.bays_per_coach, class.legs = bays_per_coach, legs
  end
  -- @include assign
  slots = table.concat(slots, ",")

  for n = 1, #bays do
    local bay, picked = bays[n], bits[n]
    local base = (bay - 1) * legs
    local untouched = picked
    if base < #taken then
      untouched = band(picked, 255 - bor(byte(taken, base + 1, base + legs)))
      local journey = { byte(taken, base + from + 1, base + to) }
      for leg = 1, #journey do journey[leg] = journey[leg] + picked end
      call("SETRANGE", KEYS[3], format("%d", base + from), char(unpack(journey)))
    else
      call("SETRANGE", KEYS[3], format("%d", base), rep("\0", from) .. rep(char(picked), to - from) .. rep("\0", legs - to))
    end
    while made and untouched ~= 0 do
      local lowest = band(untouched, -untouched)
      local position = byte(POPCOUNT, lowest)
      local alike = byte(ARGV[8], position + 1)
      -- As text, so that Redis need not write the number twice.
      local slot = format("%d", (bay - 1) * 8 + position)
      local last_slot = slot
      if alike ~= lowest and band(untouched, alike) == alike then
        -- All of the type in this bay go at once.
        lowest, last_slot = alike, bay * 8 - 1
      end
      untouched = untouched - lowest
      call("ZREMRANGEBYSCORE", KEYS[4 + byte(ARGV[7], position + 1) - 48], slot, last_slot)
    end
  end
  if class then
    -- @include zsets
    make_pool(class, { name = pool_name, mask = mask, first_key = 4 }, call("GET", KEYS[3]), KEYS[1])
  end
  call("HSET", KEYS[2], id, "held|" .. deadline .. "|" .. ARGV[at + 10] .. slots)
  return { "Held", slots, "0" }
end

local replies = {}
for at = first_party, #ARGV, 13 do replies[#replies + 1] = seat(at) end
return replies

--[[
  Chooses berths for a party; writes nothing. Not a function, for a script makes its functions anew in each call, and that
  would cost a booking more than the search. In these locals it is told for whom:

    taken, mask        bits taken in the class; bits for sale in the pool
    legs, from, to     legs of the run; the journey's legs [from, to)
    bays_per_coach
    wishes             a byte a passenger: mask of a bay, 255 for none
    costs              by the free berths of a bay, what it costs to seat the whole party in it: 4 for each wish unmet, 255
                       where it does not hold them
    lower, lower_min   mask of lower berths in a bay; how many of the party must get one (0: no such condition)
    same_coach         true: one coach or nobody
    sold_out           by journey, up to which bay earlier searches of this call found none free; {} where this is the first.
                       What is taken may only have grown since then

  and leaves its choice in `bays` and, for each of them, `bits`; or nil and `total`, how many berths are free.
]]
local party, first, last = #wishes, from + 1, to
local opened = #taken / legs
if opened > #mask then opened = #mask end
local wished = lower_min > 0 or find(wishes, "[^\255]")

-- The bay that seats the whole party at the least cost: unmet wishes weigh most, then the gaps that seating would
-- leave: none, one, two; or a bay that was never opened. Until one is found, the free berths of bays that have any are noted.
local range = from * 256 + to
local passed = sold_out[range] or 0
local best, best_free, best_cost, base = nil, 0, 255, passed * legs
local free_by_bay, total = {}, 0
for bay = passed + 1, opened do
  local gone = bor(byte(taken, base + first, base + last))
  -- Of a run that is well sold most bays are passed over here.
  local free = gone ~= 255 and band(byte(mask, bay), 255 - gone) or 0
  if free ~= 0 then
    if not best then free_by_bay[bay], total = free, total + byte(POPCOUNT, free + 1) end
    local cost = byte(costs, free + 1)
    if cost < best_cost then
      local before, after = 255, 255
      if first > 1 then before = byte(taken, base + from) end
      if last < legs then after = byte(taken, base + last + 1) end
      if byte(costs, band(free, before, after) + 1) > cost then
        cost = cost + (byte(costs, band(free, bor(before, after)) + 1) > cost and 2 or 1)
      end
      if cost < best_cost then
        best, best_free, best_cost = bay, free, cost
        if cost == 0 then break end
      end
    end
  elseif passed == bay - 1 then
    passed = bay
  end
  base = base + legs
end
sold_out[range] = passed
-- Bays that were never opened are free on every leg.
for bay = opened + 1, #mask do
  if best_cost <= 3 then break end
  local free = byte(mask, bay)
  if not best then free_by_bay[bay], total = free, total + byte(POPCOUNT, free + 1) end
  local cost = byte(costs, free + 1) + 3
  if cost < best_cost then best, best_free, best_cost = bay, free, cost end
end

-- Where no bay holds them: the coach with the least left over, else the whole train unless one coach is asked for.
local first_bay, last_bay = best, best
if not best and total >= party then
  local lowers, least = 0, 1e9
  for start = 1, #mask, bays_per_coach do
    local finish = math.min(start + bays_per_coach - 1, #mask)
    local coach_total, coach_lowers = 0, 0
    for bay = start, finish do
      local free = free_by_bay[bay] or 0
      if free ~= 0 then
        coach_total = coach_total + byte(POPCOUNT, free + 1)
        if lower_min > 0 then coach_lowers = coach_lowers + byte(POPCOUNT, band(free, lower) + 1) end
      end
    end
    if coach_total >= party and coach_lowers >= lower_min and coach_total < least then
      first_bay, last_bay, least = start, finish, coach_total
    end
    lowers = lowers + coach_lowers
  end
  if not first_bay and not same_coach and lowers >= lower_min then
    first_bay, last_bay = 1, #mask
  end
end

local bays, bits
if first_bay then
  bays, bits = {}, {}
  -- How many wish for each kind of berth. A condition on lower berths makes them a kind, and the first one.
  local kinds, counts, rest
  if wished then
    kinds, counts = {}, {}
    if lower_min > 0 then kinds[1], counts[1] = lower, 0 end
    for passenger = 1, party do
      local wish = byte(wishes, passenger)
      if wish ~= 255 then
        local k = 1
        while kinds[k] and kinds[k] ~= wish do k = k + 1 end
        kinds[k], counts[k] = wish, (counts[k] or 0) + 1
      end
    end
  end
  rest = wished and #kinds + 1 or 1
  local left, lower_left = party, lower_min
  for bay = first_bay, last_bay do
    local free = best and best_free or free_by_bay[bay] or 0
    local count = byte(POPCOUNT, free + 1)
    if count > left then count = left end
    local lower_here = 0
    if lower_left > 0 then
      -- Who must still get a lower berth further on may not be seated in another one here.
      local lowers = byte(POPCOUNT, band(free, lower) + 1)
      count = math.min(count, lowers + left - lower_left)
      lower_here = math.max(0, lower_left - (left - count))
    end
    if count > 0 then
      -- Berths that leave no gap behind go first, then those that leave one, then those already sold on some leg.
      local both, one, touched = 255, 255, 0
      base = (bay - 1) * legs
      if base < #taken then
        local before, after = 255, 255
        if first > 1 then before = byte(taken, base + from) end
        if last < legs then after = byte(taken, base + last + 1) end
        both, one = band(before, after), bor(before, after)
        touched = bor(byte(taken, base + 1, base + legs))
      end
      local picked, seated = 0, 0
      -- Lower berths that the condition asks for come first, then wishes, then whoever is left.
      for k = 1, rest do
        local kind, target = free, count - seated
        if k < rest then
          kind = band(free, kinds[k])
          local wished = counts[k]
          if kinds[k] == lower and wished < lower_here then wished = lower_here end
          target = math.min(target, wished, byte(POPCOUNT, kind + 1))
          counts[k] = counts[k] - target
        end
        for _ = 1, target do
          local candidates = band(kind, both)
          if candidates == 0 then candidates = band(kind, one) end
          if candidates == 0 then candidates = band(kind, touched) end
          if candidates == 0 then candidates = kind end
          local lowest = band(candidates, -candidates)
          kind, free, picked = kind - lowest, free - lowest, picked + lowest
        end
        seated = seated + target
      end
      bays[#bays + 1], bits[#bits + 1] = bay, picked
      left = left - count
      if lower_left > 0 then lower_left = lower_left - byte(POPCOUNT, band(picked, lower) + 1) end
      if left == 0 then break end
    end
  end
end

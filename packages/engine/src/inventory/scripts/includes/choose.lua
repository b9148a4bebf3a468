--[[
  Chooses berths for a party; writes nothing.

  `wanted` says for whom:
    legs, from, to     legs of the run; the journey's legs [from, to)
    bays_per_coach
    party              how many are to be seated
    kinds, counts      the berth types wished for, as masks of a bay, and how many wish for each
    lower, lower_min   mask of lower berths in a bay; how many of the party must get one (0: no such condition)
    same_coach         true: one coach or nobody
]]

-- Takes `count` of the bits in `free`, those first that leave no gap behind.
local function tightest(free, count, both, one, touched)
  local taken = 0
  for _ = 1, count do
    local candidates = band(free, both)
    if candidates == 0 then candidates = band(free, one) end
    if candidates == 0 then candidates = band(free, touched) end
    if candidates == 0 then candidates = free end
    local lowest = band(candidates, -candidates)
    free = free - lowest
    taken = taken + lowest
  end
  return taken
end

-- Takes `count` berths of one bay. Lower berths that the condition asks for come first, then wishes, then whoever is
-- left; `wishes` (how many of each kind are still unmet) is counted down.
local function pick(taken, wanted, bay, free, count, wishes, lower_min)
  local both, one, touched = 255, 255, 0
  local base = (bay - 1) * wanted.legs
  if base < #taken then
    local before, after = 255, 255
    if wanted.from > 0 then before = byte(taken, base + wanted.from) end
    if wanted.to < wanted.legs then after = byte(taken, base + wanted.to + 1) end
    both, one = band(before, after), bor(before, after)
    touched = bor(byte(taken, base + 1, base + wanted.legs))
  end
  local picked = 0
  for k = 1, #wishes do
    local kind = wanted.kinds[k]
    local target = wishes[k]
    if kind == wanted.lower and target < lower_min then target = lower_min end
    local have = byte(POPCOUNT, band(free, kind) + 1)
    if target > have then target = have end
    if target > count then target = count end
    if target > 0 then
      local bits = tightest(band(free, kind), target, both, one, touched)
      picked, free, count = picked + bits, free - bits, count - target
      wishes[k] = wishes[k] - target
    end
  end
  if count > 0 then picked = picked + tightest(free, count, both, one, touched) end
  return picked
end

-- The bay that seats the whole party at the least cost: unmet wishes weigh most, then the gaps that seating would
-- leave: none, one, two; or a bay that was never opened. Returns the bay (nil where none holds them) and its free berths.
local function best_bay(taken, mask, wanted)
  local legs, party = wanted.legs, wanted.party
  local kinds, counts, kinds_count = wanted.kinds, wanted.counts, #wanted.kinds
  local lower, lower_min = wanted.lower, wanted.lower_min
  local first, last = wanted.from + 1, wanted.to
  local has_before, has_after = first > 1, last < legs
  local one_kind = kinds_count == 1 and counts[1] == party
  local bays, opened = #mask, #taken / legs
  if opened > bays then opened = bays end
  local best_cost, best, best_free = 1000, nil, 0
  local base = 0
  for bay = 1, opened do
    local free = band(byte(mask, bay), 255 - bor(byte(taken, base + first, base + last)))
    if byte(POPCOUNT, free + 1) >= party
      and (lower_min == 0 or byte(POPCOUNT, band(free, lower) + 1) >= lower_min) then
      local unmet = 0
      for k = 1, kinds_count do
        local have = byte(POPCOUNT, band(free, kinds[k]) + 1)
        if have < counts[k] then unmet = unmet + counts[k] - have end
      end
      local cost = 4 * unmet
      if cost < best_cost then
        local useful = free
        if one_kind and unmet == 0 then useful = band(free, kinds[1]) end
        local before, after = 255, 255
        if has_before then before = byte(taken, base + first - 1) end
        if has_after then after = byte(taken, base + last + 1) end
        if byte(POPCOUNT, band(useful, before, after) + 1) < party then
          cost = cost + (byte(POPCOUNT, band(useful, bor(before, after)) + 1) >= party and 1 or 2)
        end
        if cost < best_cost then
          best_cost, best, best_free = cost, bay, free
          if cost == 0 then return best, best_free end
        end
      end
    end
    base = base + legs
  end
  -- Bays that were never opened are free on every leg.
  for bay = opened + 1, bays do
    if best_cost <= 3 then break end
    local free = byte(mask, bay)
    if byte(POPCOUNT, free + 1) >= party
      and (lower_min == 0 or byte(POPCOUNT, band(free, lower) + 1) >= lower_min) then
      local unmet = 0
      for k = 1, kinds_count do
        local have = byte(POPCOUNT, band(free, kinds[k]) + 1)
        if have < counts[k] then unmet = unmet + counts[k] - have end
      end
      local cost = 4 * unmet + 3
      if cost < best_cost then best_cost, best, best_free = cost, bay, free end
    end
  end
  return best, best_free
end

-- Spreads the party over the bays first..last, which together hold it.
local function spread(taken, wanted, free_by_bay, first, last)
  local bays, bits, wishes = {}, {}, {}
  for k = 1, #wanted.counts do wishes[k] = wanted.counts[k] end
  local left, lower_left = wanted.party, wanted.lower_min
  for bay = first, last do
    local free = free_by_bay[bay]
    if free ~= 0 and left > 0 then
      local lowers = byte(POPCOUNT, band(free, wanted.lower) + 1)
      local count = byte(POPCOUNT, free + 1)
      -- Who must still get a lower berth further on may not be seated in another one here.
      local others = math.min(count - lowers, left - lower_left)
      count = math.min(lowers + others, left)
      if count > 0 then
        local picked = pick(taken, wanted, bay, free, count, wishes, math.max(0, lower_left - (left - count)))
        bays[#bays + 1], bits[#bits + 1] = bay, picked
        left = left - count
        lower_left = math.max(0, lower_left - byte(POPCOUNT, band(picked, wanted.lower) + 1))
      end
    end
  end
  return bays, bits
end

-- Returns the bays and the bits to take in each; or nil and how many berths are free on the journey.
local function choose(taken, mask, wanted)
  local bay, free = best_bay(taken, mask, wanted)
  if bay then
    local wishes = {}
    for k = 1, #wanted.counts do wishes[k] = wanted.counts[k] end
    return { bay }, { pick(taken, wanted, bay, free, wanted.party, wishes, wanted.lower_min) }
  end
  local legs, bays_per_coach = wanted.legs, wanted.bays_per_coach
  local free_by_bay, total, lowers = {}, 0, 0
  local coach, coach_total, coach_lowers, best_coach, best_total = 1, 0, 0, nil, 1e9
  for b = 1, #mask do
    local bay_free = byte(mask, b)
    local base = (b - 1) * legs
    if base < #taken and bay_free ~= 0 then
      bay_free = band(bay_free, 255 - bor(byte(taken, base + wanted.from + 1, base + wanted.to)))
    end
    free_by_bay[b] = bay_free
    coach_total = coach_total + byte(POPCOUNT, bay_free + 1)
    coach_lowers = coach_lowers + byte(POPCOUNT, band(bay_free, wanted.lower) + 1)
    if b % bays_per_coach == 0 or b == #mask then
      if coach_total >= wanted.party and coach_lowers >= wanted.lower_min and coach_total < best_total then
        best_coach, best_total = coach, coach_total
      end
      total, lowers = total + coach_total, lowers + coach_lowers
      coach, coach_total, coach_lowers = coach + 1, 0, 0
    end
  end
  if best_coach then
    local first = (best_coach - 1) * bays_per_coach + 1
    return spread(taken, wanted, free_by_bay, first, math.min(first + bays_per_coach - 1, #mask))
  end
  if wanted.same_coach or total < wanted.party or lowers < wanted.lower_min then return nil, total end
  return spread(taken, wanted, free_by_bay, 1, #mask)
end

-- Takes a berth of the types wished for from what is left of the bits; returns its slot, nil where there is none.
local function take_berth(bays, left, wish)
  for n = 1, #bays do
    local candidates = band(left[n], wish)
    if candidates ~= 0 then
      local lowest = band(candidates, -candidates)
      left[n] = left[n] - lowest
      -- The position of a lone bit is the number of bits below it.
      return (bays[n] - 1) * 8 + byte(POPCOUNT, lowest)
    end
  end
end

-- Gives each of the party one of the berths chosen: first to those who wished for its type, the rest in order.
-- `wishes` holds a mask a passenger, 255 for none. Returns slots in the passengers' order.
local function assign(wishes, bays, bits)
  local slots, left = {}, {}
  for n = 1, #bays do left[n] = bits[n] end
  for passenger = 1, #wishes do
    if wishes[passenger] ~= 255 then slots[passenger] = take_berth(bays, left, wishes[passenger]) end
  end
  for passenger = 1, #wishes do
    if not slots[passenger] then slots[passenger] = take_berth(bays, left, 255) end
  end
  return slots
end

-- Reads wishes, two hexadecimal digits a passenger, and fills in what `choose` must know of them.
local function read_wishes(text, wanted)
  local wishes, kinds, counts = {}, {}, {}
  wanted.party, wanted.kinds, wanted.counts = #text / 2, kinds, counts
  if wanted.lower_min > 0 then kinds[1], counts[1] = wanted.lower, 0 end
  for passenger = 1, #text / 2 do
    local wish = tonumber(sub(text, 2 * passenger - 1, 2 * passenger), 16)
    wishes[passenger] = wish
    if wish ~= 255 then
      local k = 1
      while kinds[k] and kinds[k] ~= wish do k = k + 1 end
      kinds[k], counts[k] = wish, (counts[k] or 0) + 1
    end
  end
  return wishes
end

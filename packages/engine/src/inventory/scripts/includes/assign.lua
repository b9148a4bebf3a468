-- Gives each of the party one of the berths chosen: first to those who wished for its type, the rest in order. Leaves
-- `slots` in the passengers' order.
local slots, unassigned = {}, bits
if wished then
  unassigned = { unpack(bits) }
  for passenger = 1, party do
    local wish = byte(wishes, passenger)
    for n = 1, wish ~= 255 and #bays or 0 do
      local candidates = band(unassigned[n], wish)
      if candidates ~= 0 then
        local lowest = band(candidates, -candidates)
        unassigned[n] = unassigned[n] - lowest
        -- The position of a lone bit is the number of bits below it.
        slots[passenger] = (bays[n] - 1) * 8 + byte(POPCOUNT, lowest)
        break
      end
    end
  end
end
local passenger = 1
for n = 1, #bays do
  local berths = unassigned[n]
  while berths ~= 0 do
    local lowest = band(berths, -berths)
    berths = berths - lowest
    while slots[passenger] do passenger = passenger + 1 end
    slots[passenger] = (bays[n] - 1) * 8 + byte(POPCOUNT, lowest)
  end
end

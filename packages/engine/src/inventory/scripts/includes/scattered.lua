-- Whether every leg of the journey has berths enough for a party that choose found no berths for. Leaves it in
-- `scattered`. Where a train is sold out the first leg says so. `few` is told by leg how many earlier searches of this call
-- found, where that was too few for somebody; there are no more now.
local scattered = true
for leg = first, last do
  if (few[leg] or party) < party then scattered = false end
end
for leg = first, scattered and last or 0 do
  local free = 0
  for bay = 1, #mask do
    local was = byte(taken, (bay - 1) * legs + leg) or 0
    if was ~= 255 then
      free = free + byte(POPCOUNT, band(byte(mask, bay), 255 - was) + 1)
      if free >= party then break end
    end
  end
  if free < party then
    scattered, few[leg] = false, free
    break
  end
end

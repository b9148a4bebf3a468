-- Whether every leg of the journey has berths enough for a party that choose found no berths for. Leaves it in
-- `scattered`. Where a train is sold out the first leg says so.
local scattered = true
for leg = first, last do
  local free = 0
  for bay = 1, #mask do
    local was = byte(taken, (bay - 1) * legs + leg) or 0
    if was ~= 255 then
      free = free + byte(POPCOUNT, band(byte(mask, bay), 255 - was) + 1)
      if free >= party then break end
    end
  end
  if free < party then
    scattered = false
    break
  end
end

-- The bits of a bay's legs [from, to) in `bytes`, raised or lowered by `bits`. Grows to whole bays where needed.
local function with_bits(bytes, legs, bay, from, to, bits)
  local base = (bay - 1) * legs
  if #bytes < base + legs then bytes = bytes .. rep("\0", base + legs - #bytes) end
  local journey = { byte(bytes, base + from + 1, base + to) }
  for leg = 1, #journey do journey[leg] = bor(journey[leg], bits) end
  return sub(bytes, 1, base + from) .. char(unpack(journey)) .. sub(bytes, base + to + 1)
end

local function without_bits(bytes, legs, bay, from, to, bits)
  local base = (bay - 1) * legs
  if #bytes <= base then return bytes end
  local journey = { byte(bytes, base + from + 1, base + to) }
  for leg = 1, #journey do journey[leg] = band(journey[leg], 255 - bits) end
  return sub(bytes, 1, base + from) .. char(unpack(journey)) .. sub(bytes, base + to + 1)
end

-- Reads what freeing a class's berths needs, once.
local function open_class(class)
  if class.taken then return end
  read_pools(class, KEYS[1])
  class.taken = call("GET", class.bitmap) or ""
  class.freed = call("HGET", KEYS[3], class.name) or ""
end

-- What is set aside may seat those who wait together with what is free, so a promoter comes before newcomers; see book.
local function close_pools(class)
  for _, pool in ipairs(class.pools) do
    if pool.waiting > 0 then call("HSET", KEYS[1], "c:" .. pool.name, "1") end
  end
end

-- Frees a berth's legs. While somebody waits in the class they stay taken and are set aside for the promoter.
local function free_legs(class, slot, from, to)
  open_class(class)
  local legs = class.legs
  local bay, bits = math.floor(slot / 8) + 1, 2 ^ (slot % 8)
  local base = (bay - 1) * legs
  if base >= #class.taken then return end
  if anybody_waits(class) then
    for leg = from, to - 1 do
      if band(byte(class.taken, base + leg + 1), bits) ~= 0 then
        class.freed = with_bits(class.freed, legs, bay, leg, leg + 1, bits)
        class.freed_changed = true
      end
    end
    close_pools(class)
    return
  end
  local was = untouched(class.taken, legs, bay)
  class.taken = without_bits(class.taken, legs, bay, from, to, bits)
  class.freed = without_bits(class.freed, legs, bay, from, to, bits)
  class.freed_changed = true
  call("SETRANGE", class.bitmap, base + from, sub(class.taken, base + from + 1, base + to))
  local is = untouched(class.taken, legs, bay)
  for _, pool in ipairs(class.pools) do
    if pool.made then
      local mask = byte(pool.mask, bay) or 0
      mend_bay(class, pool, bay, band(mask, was), band(mask, is))
    end
  end
end

-- Writes FREED of a class; an empty one is deleted.
local function write_freed(class)
  if string.find(class.freed, "[^%z]") then
    call("HSET", KEYS[3], class.name, class.freed)
  else
    call("HDEL", KEYS[3], class.name)
  end
end

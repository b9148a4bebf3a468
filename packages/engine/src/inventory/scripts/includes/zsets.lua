-- The ZSETs of pools: berths for sale that are sold or held on no leg.

local function berth_name(class, bay, position)
  local coach = math.floor((bay - 1) / class.bays_per_coach)
  local number = ((bay - 1) % class.bays_per_coach) * #class.bay + position + 1
  return string.format("%s%d-%d", class.prefix, coach + 1, number)
end

-- Berths of the bay that are sold or held on no leg, as bits.
local function untouched(taken, legs, bay)
  local base = (bay - 1) * legs
  if base >= #taken then return 255 end
  return 255 - bor(byte(taken, base + 1, base + legs))
end

-- Brings the ZSETs of a made pool from the berths `was` of a bay to the berths `is`.
local function mend_bay(class, pool, bay, was, is)
  if was == is then return end
  for position = 0, #class.bay - 1 do
    local berth = 2 ^ position
    local before, after = band(was, berth), band(is, berth)
    if before ~= after then
      local key = KEYS[pool.first_key + class.bay[position + 1]]
      if after == 0 then
        call("ZREM", key, berth_name(class, bay, position))
      else
        call("ZADD", key, (bay - 1) * 8 + position, berth_name(class, bay, position))
      end
    end
  end
end

-- Mends the ZSETs of all made pools after the class's bits went from `before` to `after`.
local function mend_class(class, before, after)
  for _, pool in ipairs(class.pools) do
    if pool.made then
      for bay = 1, #pool.mask do
        local mask = byte(pool.mask, bay)
        local was, is = untouched(before, class.legs, bay), untouched(after, class.legs, bay)
        mend_bay(class, pool, bay, band(mask, was), band(mask, is))
      end
    end
  end
end

-- Makes the ZSETs of a pool: every berth for sale in it that is untouched.
local function make_pool(class, pool, taken, meta_key)
  local members = {}
  -- From the last berth on: Redis looks for the place of each from the first on, and finds it there.
  for bay = #pool.mask, 1, -1 do
    local berths = band(byte(pool.mask, bay), untouched(taken, class.legs, bay))
    for position = berths == 0 and -1 or #class.bay - 1, 0, -1 do
      if band(berths, 2 ^ position) ~= 0 then
        local type = class.bay[position + 1]
        local list = members[type]
        if not list then
          list = {}
          members[type] = list
        end
        local size = #list
        list[size + 1] = format("%d", (bay - 1) * 8 + position)
        list[size + 2] = berth_name(class, bay, position)
      end
    end
  end
  for type = 0, class.types - 1 do
    local key, list = KEYS[pool.first_key + type], members[type] or {}
    call("DEL", key)
    -- Lua passes a few thousand arguments at most.
    for first = 1, #list, 1000 do
      call("ZADD", key, unpack(list, first, math.min(first + 999, #list)))
    end
  end
  call("HSET", meta_key, "z:" .. pool.name, "1")
end

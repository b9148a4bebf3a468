--[[
  Classes and their pools, as scripts off the hot path see them. A class comes as JSON:
    name, legs, prefix, berths (a coach's), bay (type index by position, from 0), types (how many), quotas
  Its keys follow one another: BITMAP, then for each quota one ZSET for each berth type.
]]
local function read_class(class, first_key)
  class.bitmap = KEYS[first_key]
  class.bays_per_coach = math.ceil(class.berths / #class.bay)
  class.pools = {}
  for q, quota in ipairs(class.quotas) do
    class.pools[q] = { quota = quota, first_key = first_key + 1 + (q - 1) * class.types }
  end
  return first_key + 1 + #class.quotas * class.types
end

local function read_classes(json, first_key)
  local classes = {}
  for n, class in ipairs(cjson.decode(json)) do
    first_key = read_class(class, first_key)
    classes[n], classes[class.name] = class, class
  end
  return classes
end

-- Reads what is for sale in each pool, and whether its ZSETs were made.
local function read_pools(class, meta_key)
  for _, pool in ipairs(class.pools) do
    local name = class.name .. ":" .. pool.quota
    local fields = call("HMGET", meta_key, "m:" .. name, "z:" .. name, "w:" .. name)
    pool.mask, pool.made, pool.waiting = fields[1] or "", fields[2] and true, tonumber(fields[3] or 0)
  end
end

local function anybody_waits(class)
  for _, pool in ipairs(class.pools) do
    if pool.waiting > 0 then return true end
  end
  return false
end

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
        call("ZADD", key, integer((bay - 1) * 8 + position), berth_name(class, bay, position))
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
        mend_bay(
          class, pool, bay, band(mask, untouched(before, class.legs, bay)), band(mask, untouched(after, class.legs, bay))
        )
      end
    end
  end
end

-- Makes the ZSETs of a pool: every berth for sale in it that is untouched.
local function make_pool(class, pool, taken, meta_key)
  local members = {}
  for bay = 1, #pool.mask do
    local berths = band(byte(pool.mask, bay), untouched(taken, class.legs, bay))
    for position = 0, #class.bay - 1 do
      if band(berths, 2 ^ position) ~= 0 then
        local type = class.bay[position + 1]
        local list = members[type]
        if not list then
          list = {}
          members[type] = list
        end
        list[#list + 1] = integer((bay - 1) * 8 + position)
        list[#list + 1] = berth_name(class, bay, position)
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
  call("HSET", meta_key, "z:" .. class.name .. ":" .. pool.quota, "1")
end

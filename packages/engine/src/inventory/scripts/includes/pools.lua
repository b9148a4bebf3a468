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
    class.pools[q] = {
      quota = quota,
      name = class.name .. ":" .. quota,
      first_key = first_key + 1 + (q - 1) * class.types
    }
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
    local fields = call("HMGET", meta_key, "m:" .. pool.name, "z:" .. pool.name, "w:" .. pool.name)
    pool.mask, pool.made, pool.waiting = fields[1] or "", fields[2] and true, tonumber(fields[3] or 0)
  end
end

local function anybody_waits(class)
  for _, pool in ipairs(class.pools) do
    if pool.waiting > 0 then return true end
  end
  return false
end

--[[
  Puts a newer seat configuration of a run into effect.

  1. refuse unless the epoch is the stored one and the version above it
  2. replace the masks; pools that are not named sell nothing any more
  3. mend the ZSETs of pools that were made
  4. where somebody waits in a class, set aside the free legs of berths added to a pool, for the promoter

  KEYS[1]  META
  KEYS[2]  HOLD
  KEYS[3]  FREED
  KEYS[4+] the classes' keys, see pools

  ARGV[1]  epoch
  ARGV[2]  version
  ARGV[3]  classes          as JSON, see pools
  ARGV[4+] for each class a mask for each of its quotas

  "Applied"; "Awaited": applied, and somebody waits in one of the classes; "Stale": a later epoch or this version shows
  it already; "Early": not loaded at that epoch yet
]]
-- @include bits
-- @include pools
-- @include zsets
-- @include freeing
-- @include fence

local refusal = fenced(tonumber(ARGV[1]))
if refusal then return refusal end
local gate = call("HGET", KEYS[1], "gate")
if tonumber(string.match(gate, ":(%d+)$")) >= tonumber(ARGV[2]) then return "Stale" end

-- Sets aside the free legs of berths, bits by bay.
local function set_aside(class, added)
  local legs = class.legs
  for bay, berths in pairs(added) do
    for leg = 0, legs - 1 do
      local was = byte(class.taken, (bay - 1) * legs + leg + 1) or 0
      local free = band(berths, 255 - was)
      if free ~= 0 then
        class.taken = with_bits(class.taken, legs, bay, leg, leg + 1, free)
        class.freed = with_bits(class.freed, legs, bay, leg, leg + 1, free)
      end
    end
  end
end

local classes = read_classes(ARGV[3], 4)
local gone = {}
for _, field in ipairs(call("HKEYS", KEYS[1])) do
  if string.find(field, "^[mz]:") then gone[field] = true end
end
local argument = 4
local awaited = false
for _, class in ipairs(classes) do
  open_class(class)
  awaited = awaited or anybody_waits(class)
  local before, freed, added = class.taken, class.freed, {}
  for _, pool in ipairs(class.pools) do
    pool.old_mask, pool.mask = pool.mask, ARGV[argument]
    argument = argument + 1
    -- An edit is of one class and quota of many.
    pool.changed = pool.mask ~= pool.old_mask
    for bay = 1, pool.changed and #pool.mask or 0 do
      local new = band(byte(pool.mask, bay), 255 - (byte(pool.old_mask, bay) or 0))
      if new ~= 0 then added[bay] = bor(added[bay] or 0, new) end
    end
  end
  if anybody_waits(class) and next(added) then
    set_aside(class, added)
    close_pools(class)
  end
  for _, pool in ipairs(class.pools) do
    if pool.mask ~= "" then
      if pool.changed then call("HSET", KEYS[1], "m:" .. pool.name, pool.mask) end
      gone["m:" .. pool.name] = nil
    end
    gone["z:" .. pool.name] = nil
    if pool.made and pool.changed then
      for bay = 1, math.max(#pool.mask, #pool.old_mask) do
        mend_bay(
          class, pool, bay,
          band(byte(pool.old_mask, bay) or 0, untouched(before, class.legs, bay)),
          band(byte(pool.mask, bay) or 0, untouched(class.taken, class.legs, bay))
        )
      end
    end
  end
  if class.taken ~= before then call("SET", class.bitmap, class.taken) end
  if class.freed ~= freed then write_freed(class) end
end
for field in pairs(gone) do call("HDEL", KEYS[1], field) end
call("HSET", KEYS[1], "gate", ARGV[1] .. ":" .. ARGV[2])
return awaited and "Awaited" or "Applied"

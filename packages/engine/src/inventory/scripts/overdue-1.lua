--[[
  Lists holds whose time has passed and of which the ledger has not been asked; drops receipts that nobody needs any
  more. Reads the whole of HOLD, a few thousand fields for the largest train.

  KEYS[1] HOLD

  ARGV[1] grace millis     how long past its time a hold must be
  ARGV[2] receipt millis   how long receipts are kept
  ARGV[3] limit            most holds listed

  { { hold id, state, class, from, to, slots }, … }
]]
-- @include bits
-- @include time
-- @include hold

local now = now_millis()
local grace, kept, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = {}
-- Nearly all are receipts, and only their time is read.
local fields = call("HGETALL", KEYS[1])
for n = 1, #fields, 2 do
  local field, value = fields[n], fields[n + 1]
  if string.sub(field, 1, 2) == "r:" then
    if tonumber(value) + kept < now then call("HDEL", KEYS[1], field) end
  else
    local receipt_time = string.match(value, "^settled|(%d+)") or string.match(value, "^ended|(%d+)")
    if receipt_time then
      if receipt_time + kept < now then call("HDEL", KEYS[1], field) end
    else
      local hold = read_hold(value)
      if hold.state ~= "parked" and hold.time + grace <= now and #due < limit then
        due[#due + 1] = { field, hold.state, hold.class, tostring(hold.from), tostring(hold.to), hold.slots }
      end
    end
  end
end
return due

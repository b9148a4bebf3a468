--[[
  A hold's record in HOLD: state|time|class:quota|from|to|passengers|fingerprint|slots
    held      has berths, the ledger has not been asked; time = when it may be asked, in ms
    settled   has berths, the ledger has it; a receipt; time = since when
    waiting   waits, the ledger has not been asked; time as with held
    parked    waits, the ledger has it
    ended     has nothing and never will again; a receipt; time = since when
]]
local function write_hold(record)
  return table.concat({
    record.state, record.time, record.class .. ":" .. record.quota, record.from, record.to, record.passengers,
    record.fingerprint, record.slots
  }, "|")
end

local function read_hold(text)
  local state, time, class, quota, from, to, passengers, fingerprint, slots = string.match(
    text,
    "^(%a+)|(%d+)|([^|:]*):([^|]*)|(%d+)|(%d+)|(%d+)|([^|]*)|([^|]*)$"
  )
  return {
    state = state,
    time = tonumber(time),
    class = class,
    quota = quota,
    from = tonumber(from),
    to = tonumber(to),
    passengers = tonumber(passengers),
    fingerprint = fingerprint,
    slots = slots
  }
end

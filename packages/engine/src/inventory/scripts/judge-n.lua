--[[
  Ends holds by what the ledger says of them; repeating it changes nothing.

  settle  held → settled, waiting → parked
  drop    held: its berths are freed; waiting, parked: it waits no more; then, and where the hold is not known, → ended,
          so that a call that comes late finds it ended
  park    held: its berths are freed and those of the party who have not left wait on → parked

  KEYS[1]  META
  KEYS[2]  HOLD
  KEYS[3]  FREED
  KEYS[4+] the classes' keys, see pools

  ARGV[1]  epoch            that the ledger was asked at
  ARGV[2]  classes          as JSON, see pools; read where berths are freed
  ARGV[3]  grace millis     how long past its time a hold must be that is held or waits, for what was asked of the ledger
                            may have changed with it; empty: whatever its time
  ARGV[4+] for each verdict: settle | drop | park, hold id, passengers that wait on

  "Applied"; "Stale": a later epoch shows it already; "Early": not loaded at that epoch yet
]]
-- @include bits
-- @include time
-- @include hold
-- @include pools
-- @include zsets
-- @include freeing
-- @include fence

local refusal = fenced(tonumber(ARGV[1]))
if refusal then return refusal end

local verdicts, freeing = {}, {}
for n = 4, #ARGV, 3 do
  local text = call("HGET", KEYS[2], ARGV[n + 1])
  local hold = text and read_hold(text)
  verdicts[#verdicts + 1] = { verdict = ARGV[n], id = ARGV[n + 1], passengers = tonumber(ARGV[n + 2]) }
  if hold and hold.state == "held" and ARGV[n] ~= "settle" then freeing[#freeing + 1] = hold.class end
end
local classes = {}
if #freeing > 0 then classes = read_classes(ARGV[2], 4) end
for _, class in ipairs(freeing) do
  if not classes[class] then return redis.error_reply("ERR class " .. class .. " was not described") end
end
local now, grace = now_millis(), tonumber(ARGV[3])

-- Seated again since the ledger was asked, by a promoter.
local function is_renewed(hold)
  return grace and (hold.state == "held" or hold.state == "waiting") and hold.time + grace > now
end

local function count_waiting(hold, parties, passengers)
  local pool_name = hold.class .. ":" .. hold.quota
  call("HINCRBY", KEYS[1], "w:" .. pool_name, parties)
  call("HINCRBY", KEYS[1], "p:" .. pool_name, passengers)
end

local function free_hold(hold)
  for slot in string.gmatch(hold.slots, "%d+") do
    free_legs(classes[hold.class], tonumber(slot), hold.from, hold.to)
  end
end

local function settle(hold)
  if hold.state == "held" then
    hold.state, hold.time = "settled", now
  elseif hold.state == "waiting" then
    hold.state = "parked"
  end
end

local function drop(hold)
  if hold.state == "held" then
    free_hold(hold)
  elseif hold.state == "waiting" or hold.state == "parked" then
    count_waiting(hold, -1, -hold.passengers)
  else
    return
  end
  hold.state, hold.time, hold.slots = "ended", now, ""
end

local function park(hold, passengers)
  if hold.state ~= "held" then return end
  -- Who has left meanwhile does not wait on.
  passengers = math.min(passengers, hold.passengers)
  if passengers == 0 then return drop(hold) end
  -- First it waits, then its berths are freed: so they are set aside, for it and for those before it.
  hold.passengers = passengers
  count_waiting(hold, 1, passengers)
  free_hold(hold)
  hold.state, hold.slots = "parked", ""
end

for _, judged in ipairs(verdicts) do
  -- Read again: two verdicts may name one hold.
  local text = call("HGET", KEYS[2], judged.id)
  local hold = text and read_hold(text)
  if hold and not is_renewed(hold) then
    if judged.verdict == "settle" then
      settle(hold)
    elseif judged.verdict == "drop" then
      drop(hold)
    else
      park(hold, judged.passengers)
    end
    local changed = write_hold(hold)
    if changed ~= text then call("HSET", KEYS[2], judged.id, changed) end
  elseif not hold and judged.verdict == "drop" then
    call("HSET", KEYS[2], judged.id, write_hold({
      state = "ended", time = now, class = "", quota = "", from = 0, to = 0,
      passengers = 0, fingerprint = "", slots = ""
    }))
  end
  for _, class in ipairs(classes) do
    if class.freed_changed then write_freed(class) end
    class.freed_changed, class.taken = nil, nil
  end
end
return "Applied"

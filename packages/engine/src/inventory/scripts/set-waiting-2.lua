--[[
  Says how many of a waiting party still wait; a smaller one may fit, so a promoter comes before newcomers. Parties that are unknown or ended are left alone; of one that is seated
  and not settled the number is noted, in case that it must wait on.

  KEYS[1] META
  KEYS[2] HOLD

  ARGV[1] epoch        of the commit that changed it
  ARGV[2] class
  ARGV[3] hold id
  ARGV[4] passengers   0: the party waits no more

  "Applied"; "Stale": a later epoch shows it already; "Early": not loaded at that epoch yet
]]
-- @include bits
-- @include time
-- @include hold
-- @include fence

local refusal = fenced(tonumber(ARGV[1]))
if refusal then return refusal end

local text = call("HGET", KEYS[2], ARGV[3])
if not text then return "Applied" end
local hold = read_hold(text)
if hold.class ~= ARGV[2] then return "Applied" end

local passengers = tonumber(ARGV[4])
-- Parties only shrink, so what says more comes late.
if passengers >= hold.passengers then return "Applied" end
if hold.state == "held" then
  -- Being promoted: should it wait on, only so many do.
  hold.passengers = passengers
  call("HSET", KEYS[2], ARGV[3], write_hold(hold))
  return "Applied"
end
if hold.state ~= "waiting" and hold.state ~= "parked" then return "Applied" end

local pool_name = hold.class .. ":" .. hold.quota
call("HINCRBY", KEYS[1], "p:" .. pool_name, passengers - hold.passengers)
hold.passengers = passengers
if passengers == 0 then
  call("HINCRBY", KEYS[1], "w:" .. pool_name, -1)
  hold.state, hold.time = "ended", now_millis()
else
  call("HSET", KEYS[1], "c:" .. pool_name, "1")
end
call("HSET", KEYS[2], ARGV[3], write_hold(hold))
return "Applied"

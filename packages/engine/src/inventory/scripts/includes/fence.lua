-- What to answer a change that was committed at `epoch`; nil: go on.
local function fenced(epoch)
  local gate = call("HGET", KEYS[1], "gate")
  local stored = gate and tonumber(string.match(gate, "^%d+"))
  if not stored or stored < epoch then return "Early" end
  if stored > epoch then return "Stale" end
  return nil
end

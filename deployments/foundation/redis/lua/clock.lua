-- This server's clock, in milliseconds since 1970: one clock for all processes, however their own
-- go. It stands still while a script runs.
local function server_time()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

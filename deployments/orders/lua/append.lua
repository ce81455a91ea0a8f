-- Writes down what an event changed about an order, once for an event, and publishes that.
-- KEYS: inbox, order, history
-- ARGV: order id, entries that the history had, how many are new, those as JSON, then the type
--       and the data of each event
-- Returns 'grown', and writes nothing, if the history has other entries by now; else 'done'.
if event_seen(KEYS[1]) then return 'done' end
if redis.call('LLEN', KEYS[3]) ~= tonumber(ARGV[2]) then return 'grown' end

local last_entry = 3 + ARGV[3]
for n = 4, last_entry do redis.call('RPUSH', KEYS[3], ARGV[n]) end
event_done(KEYS[1])
for n = last_entry + 1, #ARGV, 2 do publish(ARGV[n], ARGV[1], ARGV[n + 1], KEYS[2]) end
return 'done'

-- Keeps one half of what shipments are made of, and answers the other if that is known: whoever
-- brings the second half makes the shipments. The event counts as consumed here if there is nothing
-- more to do about it, and else when the shipments are made.
-- KEYS: inbox, reservation. ARGV: which half this is, which is the other, the half as JSON
if event_seen(KEYS[1]) then return false end
if redis.call('HEXISTS', KEYS[2], 'order_id') == 1 then
  event_done(KEYS[1])
  return false
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
local other = redis.call('HGET', KEYS[2], ARGV[2])
if not other then event_done(KEYS[1]) end
return other

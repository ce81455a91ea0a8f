-- Moves a shipment on from one state to the next and publishes that, once.
-- KEYS: shipment, due, taken, then the streams
-- ARGV: shipment id, its state, the next, when that was (ISO 8601), when to look again (ms) or '',
--       the event's type, the event as JSON
-- Returns whether it did: the shipment may have moved on already.
if redis.call('HGET', KEYS[1], 'state') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[3], ARGV[3] .. '_at', ARGV[4])
redis.call('HDEL', KEYS[1], 'failures')
redis.call('ZREM', KEYS[3], ARGV[1])
if ARGV[5] == '' then
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
end
publish(ARGV[6], ARGV[1], ARGV[7], KEYS[1])
return 1

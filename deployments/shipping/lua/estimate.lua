-- Keeps what a cart has become, and publishes how it can be delivered, once for an event.
-- KEYS: inbox, cart, then the streams
-- ARGV: cart id, the event number that the caller read the cart at (0 for none), the event's own
--       number, the cart as JSON, seconds to keep it, the estimate as JSON or ''
-- Returns 1, or 0 if the cart has changed since it was read: then all is as it was.
if event_seen(KEYS[1]) then return 1 end
if (redis.call('HGET', KEYS[2], 'consumed') or '0') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], 'consumed', ARGV[3], 'cart', ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[5])
event_done(KEYS[1])
if ARGV[6] ~= '' then
  publish('org.fieldhouse.shipping.estimated.v1', ARGV[1], ARGV[6], KEYS[2])
end
return 1

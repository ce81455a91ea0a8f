-- Closes a cart that became an order, if it is still there: it was not abandoned, and is not among
-- its platform's open carts any more.
-- KEYS: inbox, cart, carts by last change, platform's open carts. ARGV: cart id, order id
if event_seen(KEYS[1]) then return end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'order', ARGV[2]) end
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
event_done(KEYS[1])

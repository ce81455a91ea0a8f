-- A cart that was bought is not abandoned, unless it is changed again.
-- KEYS: inbox, carts by last change. ARGV: cart id
if event_seen(KEYS[1]) then return end
redis.call('ZREM', KEYS[2], ARGV[1])
event_done(KEYS[1])

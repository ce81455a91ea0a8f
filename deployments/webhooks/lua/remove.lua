-- Ends an endpoint. What waits for it is dropped by whoever would have delivered it.
-- KEYS: ready. ARGV: platform, endpoint. Returns 1, or 0 if the platform has no such endpoint.
local platform, endpoint = ARGV[1], ARGV[2]
local found = redis.call('HMGET', endpoint_key(endpoint), 'platform', 'url')
if found[1] ~= platform then return 0 end
redis.call('HDEL', P .. 'platform:' .. platform, found[2])
redis.call('DEL', endpoint_key(endpoint), told_key(endpoint))
drop_dead_letters_of(LETTERS, endpoint)
redis.call('ZREM', P .. 'endpoints', endpoint)
reschedule(endpoint)
return 1

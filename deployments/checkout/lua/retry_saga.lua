-- Gives a parked saga back to whoever drives sagas, as if it had not failed yet.
-- KEYS: saga, active sagas, parked sagas. ARGV: saga id
-- Returns 1, or 0 if it is not parked.
if redis.call('ZREM', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[1], 'failures', 'failure')
lease(KEYS[2], ARGV[1], 0)
return 1

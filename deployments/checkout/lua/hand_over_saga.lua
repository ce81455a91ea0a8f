-- Ends the lease of a driver that has given up, so that another may soon take over.
-- KEYS: saga, active sagas. ARGV: fence, saga id, new end of the lease (ms)
-- Does nothing if another driver has taken over, or if the saga has ended.
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return end
redis.call('ZADD', KEYS[2], 'XX', ARGV[3], ARGV[2])

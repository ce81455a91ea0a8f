-- Cuts the lease of a driver that has given up short, so that another may soon take over.
-- KEYS: saga, active sagas. ARGV: fence, saga id, milliseconds until another may
-- Does nothing if another driver has taken over, or if the saga has ended.
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return end
if redis.call('ZSCORE', KEYS[2], ARGV[2]) then lease(KEYS[2], ARGV[2], ARGV[3]) end

-- Counts that a saga's driver failed, and parks the saga for an operator once it has failed as often
-- as is allowed; else another driver may soon take over.
-- KEYS: saga, active sagas, parked sagas
-- ARGV: fence, saga id, why, how many failures are allowed, milliseconds until another driver may
-- Returns 1 if the saga is parked now. Does nothing if another driver has taken over, or if the saga
-- has ended.
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
if not redis.call('ZSCORE', KEYS[2], ARGV[2]) then return 0 end
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
redis.call('HSET', KEYS[1], 'failure', ARGV[3])
if failures < tonumber(ARGV[4]) then
  lease(KEYS[2], ARGV[2], ARGV[5])
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[3], server_time(), ARGV[2])
return 1

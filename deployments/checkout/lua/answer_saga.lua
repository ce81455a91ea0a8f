-- The outcome of a saga, for whoever waits: writes the session's new state and the answer of the
-- request that began it, together with the saga's move to a further stage; publishes it. A session
-- that was completed is kept until its saga has ended.
-- KEYS: saga, session, request, active sagas, platform's sessions, cart's link (or the saga again,
--       without a cart)
-- ARGV: fence, from stage, to stage, session status, doc, '1' to keep the answer and '0' to forget
--       the request so that it may be tried again, saga id, '1' if the saga has ended, seconds to
--       keep what has ended, session id, now (ms), has cart, the event's type and data
-- Returns the session's snapshot, or nothing if another driver has taken over.
local found = redis.call('HMGET', KEYS[1], 'fence', 'stage', 'fingerprint')
if found[1] ~= ARGV[1] or found[2] ~= ARGV[2] then return false end

redis.call('HSET', KEYS[1], 'stage', ARGV[3])
redis.call('HINCRBY', KEYS[2], 'version', 1)
redis.call('HSET', KEYS[2], 'status', ARGV[4], 'doc', ARGV[5])
if ARGV[4] == 'completed' then
  redis.call('ZREM', KEYS[5], ARGV[10])
  if ARGV[12] == '1' then redis.call('SET', KEYS[6], ARGV[10], 'EX', ARGV[9]) end
else
  keep_unsold(KEYS[2], KEYS[5], ARGV[10], ARGV[11])
end
local snapshot = snapshot_of(KEYS[2])
if ARGV[6] == '1' then
  request_answered(KEYS[3], found[3], snapshot)
else
  redis.call('DEL', KEYS[3])
end
if ARGV[8] == '1' then
  redis.call('ZREM', KEYS[4], ARGV[7])
  redis.call('EXPIRE', KEYS[1], ARGV[9])
end
publish(ARGV[13], ARGV[10], ARGV[14], KEYS[2])
return snapshot

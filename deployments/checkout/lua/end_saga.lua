-- The last transition of a saga whose answer has been given: compare-and-set under the fence. From
-- now on its record, and the session that it completed, are kept for a while only.
-- KEYS: saga, active sagas, session
-- ARGV: fence, from stage, to stage, saga id, seconds to keep
-- Returns 1, or 0 if another driver has taken over.
local found = redis.call('HMGET', KEYS[1], 'fence', 'stage')
if found[1] ~= ARGV[1] or found[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'stage', ARGV[3])
redis.call('ZREM', KEYS[2], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
local session = redis.call('HMGET', KEYS[3], 'saga', 'status')
if session[1] == ARGV[4] and session[2] == 'completed' then
  redis.call('EXPIRE', KEYS[3], ARGV[5])
end
return 1

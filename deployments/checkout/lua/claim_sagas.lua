-- Takes over sagas whose driver's lease has lapsed: a new fencing number shuts the old driver out.
-- KEYS: active sagas
-- ARGV: milliseconds that the new lease lasts, how many at most
-- Returns, for each: saga id, its hash as a flat list, its session's snapshot, which is nothing if
-- the session is gone. A saga that has ended, or has no record, is not to be driven any more.
local ENDED = { done = true, undone = true }
local claimed = {}
for _, id in ipairs(lapsed(KEYS[1], ARGV[2])) do
  local key = '{checkout}:saga:' .. id
  local stage = redis.call('HGET', key, 'stage')
  if not stage or ENDED[stage] then
    redis.call('ZREM', KEYS[1], id)
  else
    redis.call('HINCRBY', key, 'fence', 1)
    lease(KEYS[1], id, ARGV[1])
    local session = redis.call('HGET', key, 'session') or ''
    local snapshot = snapshot_of('{checkout}:session:' .. session)
    claimed[#claimed + 1] = {id, redis.call('HGETALL', key), snapshot}
  end
end
return claimed

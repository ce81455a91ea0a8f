-- Takes over sagas whose driver's lease has ended: a new fencing number shuts the old driver out.
-- KEYS: active sagas
-- ARGV: now (ms), new lease ends (ms), at most
-- Returns, for each: saga id, its hash as a flat list, its session's snapshot.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
local claimed = {}
for _, id in ipairs(due) do
  local key = '{checkout}:saga:' .. id
  redis.call('HINCRBY', key, 'fence', 1)
  redis.call('ZADD', KEYS[1], ARGV[2], id)
  local saga = redis.call('HGETALL', key)
  local session = redis.call('HGET', key, 'session')
  claimed[#claimed + 1] = {id, saga, snapshot_of('{checkout}:session:' .. session)}
end
return claimed

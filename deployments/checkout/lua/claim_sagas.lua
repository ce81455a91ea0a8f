-- Takes over sagas whose driver's lease has lapsed: a new fencing number shuts the old driver out.
-- KEYS: active sagas
-- ARGV: milliseconds that the new lease lasts, how many at most
-- Returns, for each: saga id, its hash as a flat list, its session's snapshot.
local claimed = {}
for _, id in ipairs(lapsed(KEYS[1], ARGV[2])) do
  local key = '{checkout}:saga:' .. id
  redis.call('HINCRBY', key, 'fence', 1)
  lease(KEYS[1], id, ARGV[1])
  local saga = redis.call('HGETALL', key)
  local session = redis.call('HGET', key, 'session')
  claimed[#claimed + 1] = {id, saga, snapshot_of('{checkout}:session:' .. session)}
end
return claimed

-- Has a delivery tried now: a dead letter for its whole time again, before what is newer.
-- KEYS: ready. ARGV: id, now, when a dead letter's new time ends.
-- Returns 'replayed', 'absent', 'gone' if its endpoint is, or 'under_way'.
local id, now, ends_at = ARGV[1], ARGV[2], ARGV[3]
local known = redis.call('HMGET', delivery_key(id), 'endpoint', 'order')
local endpoint, order = known[1], known[2]
if not endpoint or not is_registered(endpoint) then return 'absent' end
if has(endpoint, 'gone_at') then return 'gone' end
if redis.call('ZREM', dead_key(endpoint), id) == 1 then
  redis.call('PERSIST', delivery_key(id))
  redis.call('HSET', delivery_key(id), 'attempts', 0, 'ends_at', ends_at)
  redis.call('HDEL', delivery_key(id), 'died_at')
  put_on(id, endpoint, order)
elseif redis.call('ZSCORE', claims_key(endpoint), order) then
  return 'under_way'
end
go_on(endpoint, order, now)
reschedule(endpoint)
return 'replayed'

-- Writes down what became of an attempt.
-- KEYS: ready. ARGV: id, token, endpoint, order, verdict, error, when the next attempt is due, now.
-- Returns 'done', or 'fenced' if the claim was not this one any more: then nothing is changed.
local id, token, endpoint, order = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local verdict, why, due, now = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if redis.call('HGET', delivery_key(id), 'claim') ~= token then return 'fenced' end
redis.call('ZREM', claims_key(endpoint), order)

local function failed()
  redis.call('HINCRBY', delivery_key(id), 'attempts', 1)
  redis.call('HSETNX', endpoint_key(endpoint), 'failing_since', now)
  redis.call('HSET', endpoint_key(endpoint), 'error', why)
end

if not is_registered(endpoint) then
  discard(id, endpoint, order)
elseif verdict == 'sent' then
  discard(id, endpoint, order)
  redis.call('HSET', endpoint_key(endpoint), 'last_success_at', now)
  redis.call('HDEL', endpoint_key(endpoint), 'failing_since', 'error')
elseif verdict == 'retry' then
  failed()
  redis.call('HSET', delivery_key(id), 'error', why, 'tried_at', now)
  redis.call('HDEL', delivery_key(id), 'claim')
  go_on(endpoint, order, due)
else
  failed()
  bury(id, endpoint, order, why)
  if verdict == 'gone' then redis.call('HSET', endpoint_key(endpoint), 'gone_at', now) end
end
if verdict ~= 'retry' then go_on(endpoint, order, now) end
reschedule(endpoint)
reschedule_platform(endpoint)
return 'done'

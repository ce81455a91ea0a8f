-- Queues an event for each of a platform's endpoints, once; but not where the last that was queued
-- about its order says the same: the endpoint would be told nothing.
-- KEYS: inbox. ARGV: platform, order, event, its type, when it happened, body, now, when deliveries
-- end, trace.
if event_seen(KEYS[1]) then return end
local platform, order, now = ARGV[1], ARGV[2], ARGV[7]
local digest = redis.sha1hex(ARGV[6])
for _, endpoint in ipairs(redis.call('HVALS', P .. 'platform:' .. platform)) do
  if not has(endpoint, 'gone_at') and redis.call('HGET', told_key(endpoint), order) ~= digest then
    local id = redis.call('INCR', P .. 'deliveries')
    redis.call('HSET', delivery_key(id),
      'endpoint', endpoint, 'order', order, 'event', ARGV[3], 'type', ARGV[4], 'at', ARGV[5],
      'body', ARGV[6], 'attempts', 0, 'made_at', now, 'ends_at', ARGV[8], 'trace', ARGV[9])
    redis.call('HSET', told_key(endpoint), order, digest)
    redis.call('HEXPIRE', told_key(endpoint), TOLD_TTL_SECONDS, 'FIELDS', 1, order)
    put_on(id, endpoint, order)
    go_on_unless_waiting(endpoint, order, now)
    reschedule(endpoint)
  end
end
event_done(KEYS[1])

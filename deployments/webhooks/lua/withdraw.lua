-- Drops what is still to be delivered about an order that is none any more, once.
-- KEYS: inbox. ARGV: platform, order. What is under way is not stopped.
if event_seen(KEYS[1]) then return end
local platform, order = ARGV[1], ARGV[2]
for _, endpoint in ipairs(redis.call('HVALS', P .. 'platform:' .. platform)) do
  local under_way = redis.call('ZSCORE', claims_key(endpoint), order)
  for _, id in ipairs(redis.call('ZRANGE', queue_key(endpoint, order), 0, -1)) do
    if not (under_way and redis.call('HEXISTS', delivery_key(id), 'claim') == 1) then
      discard(id, endpoint, order)
    end
  end
  reschedule(endpoint)
end
event_done(KEYS[1])

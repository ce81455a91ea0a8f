-- Gives a platform an endpoint for a URL, unless it has one or has too many.
-- KEYS: ready. ARGV: platform, URL, fresh id, now, how many a platform may have.
-- Returns the endpoint's id, or nothing if there would be too many. A gone endpoint is back.
local platform, url, id, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local known = redis.call('HGET', P .. 'platform:' .. platform, url)
if known then
  if has(known, 'gone_at') then
    redis.call('HDEL', endpoint_key(known), 'gone_at', 'failing_since', 'error')
    reschedule(known)
  end
  return known
end
if redis.call('HLEN', P .. 'platform:' .. platform) >= tonumber(ARGV[5]) then return nil end
redis.call('HSET', P .. 'platform:' .. platform, url, id)
redis.call('HSET', endpoint_key(id), 'platform', platform, 'url', url, 'created_at', now)
redis.call('ZADD', P .. 'endpoints', now, id)
return id

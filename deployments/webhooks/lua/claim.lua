-- Hands out deliveries that are due, the oldest first, so many an endpoint as it may have at once.
-- KEYS: ready. ARGV: now, milliseconds that a claim holds, how many are wanted, when a delivery ends
-- that is a dead letter and is to be replayed.
-- Returns {deliveries, when something is due next or ''}; a delivery is {id, token, platform,
-- endpoint, URL, order, event, type, at, body, attempts, ends_at, trace or ''}. On the way it takes up
-- dead letters that are to be replayed, drops what is for endpoints that were removed, and buries what
-- is for those that are gone, or is over while its endpoint fails.
local now, holds, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ENDPOINTS, STEPS = 100, 500
local taken, steps = {}, 0

-- Orders whose claim has lapsed are due again: nobody knows what became of the attempt.
local function lapse(endpoint)
  for _, order in ipairs(lapsed(claims_key(endpoint))) do
    redis.call('ZREM', claims_key(endpoint), order)
    go_on(endpoint, order, now)
    reschedule_platform(endpoint)
  end
end

local function end_of(endpoint, ends_at)
  if has(endpoint, 'gone_at') then return 'the endpoint is gone' end
  if tonumber(ends_at) <= now and has(endpoint, 'failing_since') then return 'out of time' end
end

local function take(endpoint, order)
  redis.call('ZREM', due_key(endpoint), order)
  local id = redis.call('ZRANGE', queue_key(endpoint, order), 0, 0)[1]
  local known = redis.call('HMGET', delivery_key(id),
    'event', 'type', 'at', 'body', 'attempts', 'ends_at', 'error', 'trace')
  local why = end_of(endpoint, known[6])
  if not is_registered(endpoint) then
    discard(id, endpoint, order)
    go_on(endpoint, order, now)
  elseif why then
    bury(id, endpoint, order, known[7] and why .. '; the last attempt: ' .. known[7] or why)
    go_on(endpoint, order, now)
  else
    local token = redis.call('INCR', P .. 'tokens')
    redis.call('HSET', delivery_key(id), 'claim', token)
    lease(claims_key(endpoint), order, holds)
    local to = redis.call('HMGET', endpoint_key(endpoint), 'platform', 'url')
    local delivery = {id, token, to[1], endpoint, to[2], order, unpack(known, 1, 6)}
    delivery[#delivery + 1] = known[8] or ''
    taken[#taken + 1] = delivery
  end
end

-- All at once, so that none of an order's is sent before an older one is in the queue.
expire_dead_letters(LETTERS)
for _, id in ipairs(redis.call('SMEMBERS', LETTERS .. ':replaying')) do
  local letter = take_dead_letter(LETTERS, id)
  if letter then put_back(letter, now, ARGV[4]) end
end

for _, endpoint in ipairs(
  redis.call('ZRANGEBYSCORE', READY, '-inf', math.max(now, server_time()), 'LIMIT', 0, ENDPOINTS)
) do
  lapse(endpoint)
  local latest = is_registered(endpoint) and now or '+inf'
  while #taken < wanted and steps < STEPS and has_capacity(endpoint) do
    local order = redis.call('ZRANGEBYSCORE', due_key(endpoint), '-inf', latest, 'LIMIT', 0, 1)[1]
    if not order then break end
    take(endpoint, order)
    steps = steps + 1
  end
  reschedule(endpoint)
end
local next_at = first_score(READY)
return {taken, next_at < math.huge and string.format('%.0f', next_at) or ''}

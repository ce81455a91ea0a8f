-- What all scripts of webhooks have in common: how deliveries go through their queues. The keys are
-- those of store.py; times are milliseconds. What is due goes by the caller's clock, and how long a
-- claim holds by Redis' own, so that no process ends another's claim because its clock is fast.
local P = '{webhooks}:'
local READY = P .. 'ready'
-- How many deliveries are under way at once to an endpoint, and to all endpoints of a platform.
local AT_ONCE, AT_ONCE_WHILE_FAILING, AT_ONCE_OF_PLATFORM = 8, 1, 16
local TOLD_TTL_SECONDS = 7 * 24 * 3600
local LETTERS = P .. 'dead-letters:deliveries'

local function endpoint_key(endpoint) return P .. 'endpoint:' .. endpoint end
local function due_key(endpoint) return P .. 'due:' .. endpoint end
local function claims_key(endpoint) return P .. 'claims:' .. endpoint end
local function delivery_key(id) return P .. 'delivery:' .. id end
local function told_key(endpoint) return P .. 'told:' .. endpoint end
local function queue_key(endpoint, order) return P .. 'queue:' .. endpoint .. ':' .. order end

local function first_score(key)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return first[2] and tonumber(first[2]) or math.huge
end

local function is_registered(endpoint)
  return redis.call('EXISTS', endpoint_key(endpoint)) == 1
end

local function has(endpoint, field)
  return redis.call('HEXISTS', endpoint_key(endpoint), field) == 1
end

-- All endpoints of the platform that has this one; none if it was removed.
local function siblings(endpoint)
  local platform = redis.call('HGET', endpoint_key(endpoint), 'platform')
  return platform and redis.call('HVALS', P .. 'platform:' .. platform) or {}
end

-- Whether one more delivery to this endpoint may be under way. One that fails is only felt for.
local function has_capacity(endpoint)
  local most = has(endpoint, 'failing_since') and AT_ONCE_WHILE_FAILING or AT_ONCE
  if redis.call('ZCARD', claims_key(endpoint)) >= most then return false end
  local under_way = 0
  for _, sibling in ipairs(siblings(endpoint)) do
    under_way = under_way + redis.call('ZCARD', claims_key(sibling))
  end
  return under_way < AT_ONCE_OF_PLATFORM
end

-- Notes when somebody has to look at an endpoint: when an order is due or a claim has lapsed.
local function reschedule(endpoint)
  local due = first_score(due_key(endpoint))
  if not is_registered(endpoint) and due < math.huge then due = 0 end
  if not has_capacity(endpoint) then due = math.huge end
  local at = math.min(due, first_score(claims_key(endpoint)))
  if at == math.huge then
    redis.call('ZREM', READY, endpoint)
  else
    redis.call('ZADD', READY, at, endpoint)
  end
end

-- A delivery has ended: other endpoints of its platform may have waited for that.
local function reschedule_platform(endpoint)
  for _, sibling in ipairs(siblings(endpoint)) do reschedule(sibling) end
end

-- An order's next delivery is due, unless one is under way: when that ends, it will be.
local function go_on(endpoint, order, at)
  if redis.call('EXISTS', queue_key(endpoint, order)) == 0 then return end
  if redis.call('ZSCORE', claims_key(endpoint), order) then return end
  redis.call('ZADD', due_key(endpoint), at, order)
end

-- The same of an order that may wait for another attempt already, which is not brought forward.
local function go_on_unless_waiting(endpoint, order, at)
  if not redis.call('ZSCORE', due_key(endpoint), order) then go_on(endpoint, order, at) end
end

local function put_on(id, endpoint, order)
  redis.call('ZADD', queue_key(endpoint, order), id, id)
  redis.call('HINCRBY', P .. 'waiting', endpoint, 1)
end

local function take_off(id, endpoint, order)
  redis.call('ZREM', queue_key(endpoint, order), id)
  if redis.call('HINCRBY', P .. 'waiting', endpoint, -1) <= 0 then
    redis.call('HDEL', P .. 'waiting', endpoint)
  end
  if redis.call('EXISTS', queue_key(endpoint, order)) == 0 then
    redis.call('ZREM', due_key(endpoint), order)
  end
end

local function discard(id, endpoint, order)
  take_off(id, endpoint, order)
  redis.call('DEL', delivery_key(id))
end

-- A delivery will not be made: what it would have told, another may have to tell.
local function untell(id, endpoint, order)
  local digest = redis.sha1hex(redis.call('HGET', delivery_key(id), 'body'))
  local told = told_key(endpoint)
  if redis.call('HGET', told, order) == digest then redis.call('HDEL', told, order) end
end

-- What a dead letter keeps of a delivery.
local KEPT = {'event', 'type', 'at', 'body', 'made_at'}

-- Makes a delivery a dead letter, which is dropped with its endpoint.
local function bury(id, endpoint, order, why)
  local known = redis.call('HMGET', delivery_key(id), 'attempts', unpack(KEPT))
  local letter = {owner = endpoint, order = order, delivery = id, error = why, attempts = known[1]}
  for n, field in ipairs(KEPT) do letter[field] = known[n + 1] end
  untell(id, endpoint, order)
  discard(id, endpoint, order)
  add_dead_letter(LETTERS, letter)
end

-- Puts a dead letter's delivery back into its queue, for as long as if it were new.
local function put_back(letter, now, ends_at)
  local endpoint, order, id = letter.owner, letter.order, letter.delivery
  local fields = {'endpoint', endpoint, 'order', order, 'attempts', 0, 'ends_at', ends_at}
  for _, field in ipairs(KEPT) do
    fields[#fields + 1] = field
    fields[#fields + 1] = letter[field]
  end
  redis.call('HSET', delivery_key(id), unpack(fields))
  put_on(id, endpoint, order)
  go_on(endpoint, order, now)
  reschedule(endpoint)
end

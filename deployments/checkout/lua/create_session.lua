-- Creates a session, unless the request came before, its cart has one in progress or was bought, or
-- the platform has too many; publishes a new one.
-- KEYS: request, session, platform's sessions, cart's link (or the request again, without a cart)
-- ARGV: fingerprint, has cart, session id, platform, status, expires at (ms), now (ms), doc,
--       how many sessions a platform may have, the event's data
-- Returns an outcome and a snapshot: version, status and doc, a line each. 'repeat' also tells
-- whether the first answer was a session that was there: '1' then.
local fingerprint, has_cart, id, now = ARGV[1], ARGV[2] == '1', ARGV[3], ARGV[7]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer, redis.call('HGET', KEYS[1], 'existing')} end

-- The session that the cart became, and whether it is bought or in progress.
local function linked()
  local session = redis.call('GET', KEYS[4])
  local key = session and '{checkout}:session:' .. session
  if not key or redis.call('EXISTS', key) == 0 then return nil end
  local found = redis.call('HMGET', key, 'status', 'expires_at')
  if found[1] == 'completed' then return {'bought', snapshot_of(key)} end
  local in_progress = found[1] == 'complete_in_progress'
  local open = found[1] ~= 'canceled' and tonumber(found[2]) > tonumber(now)
  return (in_progress or open) and {'existing', snapshot_of(key)} or nil
end

local before = has_cart and linked()
if before and before[1] == 'existing' then
  request_answered(KEYS[1], fingerprint, before[2])
  if fingerprint ~= '' then redis.call('HSET', KEYS[1], 'existing', '1') end
end
if before then return before end
local unsold = redis.call('ZCOUNT', KEYS[3], '(' .. now, '+inf')
if unsold >= tonumber(ARGV[9]) then return {'too_many', ARGV[9]} end

redis.call('HSET', KEYS[2], 'platform', ARGV[4], 'version', 1, 'status', ARGV[5],
  'expires_at', ARGV[6], 'doc', ARGV[8])
local milliseconds = keep_unsold(KEYS[2], KEYS[3], id, now)
if has_cart then redis.call('SET', KEYS[4], id, 'PX', string.format('%d', milliseconds)) end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
local snapshot = snapshot_of(KEYS[2])
request_answered(KEYS[1], fingerprint, snapshot)
publish('org.fieldhouse.checkout.started.v1', id, ARGV[10], KEYS[2])
return {'ok', snapshot}

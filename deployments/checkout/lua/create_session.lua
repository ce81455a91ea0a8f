-- Creates a session, unless the request came before or its cart already has one in progress;
-- publishes a new one.
-- KEYS: request, session, cart's link (or the request again, without a cart)
-- ARGV: fingerprint, has cart, session id, platform, status, expires at (ms), now (ms), doc,
--       seconds to keep, the event's data
-- Returns an outcome and a snapshot: version, status and doc, a line each.
local fingerprint, has_cart, id = ARGV[1], ARGV[2] == '1', ARGV[3]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer} end

if has_cart then
  local linked = redis.call('GET', KEYS[3])
  if linked then
    local existing = redis.call('HMGET', '{checkout}:session:' .. linked,
      'version', 'status', 'doc', 'expires_at')
    local status = existing[2]
    local over = not existing[1] or status == 'completed' or status == 'canceled'
      or (status ~= 'complete_in_progress' and tonumber(existing[4]) <= tonumber(ARGV[7]))
    if not over then
      local found = existing[1] .. '\n' .. status .. '\n' .. existing[3]
      request_answered(KEYS[1], fingerprint, found)
      return {'existing', found}
    end
  end
  redis.call('SET', KEYS[3], id, 'EX', ARGV[9])
end

redis.call('HSET', KEYS[2], 'platform', ARGV[4], 'version', 1, 'status', ARGV[5],
  'expires_at', ARGV[6], 'doc', ARGV[8])
redis.call('EXPIRE', KEYS[2], ARGV[9])
local snapshot = '1\n' .. ARGV[5] .. '\n' .. ARGV[8]
request_answered(KEYS[1], fingerprint, snapshot)
publish('org.fieldhouse.checkout.started.v1', id, ARGV[10], KEYS[2])
return {'ok', snapshot}

-- Creates a cart at version 1, unless the request came before.
-- KEYS: request, cart
-- ARGV: fingerprint, platform, expires at (ms), doc, seconds to keep
-- Returns an outcome and, for 'ok' and 'repeat', a snapshot: version and doc, a line each.
local fingerprint = ARGV[1]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer} end

redis.call('HSET', KEYS[2], 'platform', ARGV[2], 'version', 1, 'expires_at', ARGV[3],
  'doc', ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[5])
local snapshot = '1\n' .. ARGV[4]
request_answered(KEYS[1], fingerprint, snapshot)
return {'ok', snapshot}

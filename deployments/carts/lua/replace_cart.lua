-- Puts new contents in the place of a cart's old ones, whole and at the next version;
-- publishes how the lines differ.
-- KEYS: request, cart, carts by last change, platform's open carts
-- ARGV: fingerprint, platform, now (ms), expected version or '', expires at (ms), doc,
--       seconds to keep
-- Returns an outcome and its detail; for 'ok' and 'repeat' that is a snapshot.
local fingerprint = ARGV[1]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer} end
local cart = cart_of(KEYS[2], ARGV[2], ARGV[3])
if not cart then return {'not_found', ''} end
if cart.order then return {'bought', cart.order} end
if ARGV[4] ~= '' and ARGV[4] ~= cart.version then return {'stale', cart.version} end

local before, after = cjson.decode(cart.doc), cjson.decode(ARGV[6])
local version = redis.call('HINCRBY', KEYS[2], 'version', 1)
redis.call('HSET', KEYS[2], 'expires_at', ARGV[5], 'doc', ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[7])
redis.call('ZADD', KEYS[3], ARGV[3], after.id)
redis.call('ZADD', KEYS[4], ARGV[5], after.id)
redis.call('EXPIRE', KEYS[4], ARGV[7])
local snapshot = version .. '\n' .. ARGV[6]
request_answered(KEYS[1], fingerprint, snapshot)
publish_lines(KEYS[2], before, after)
return {'ok', snapshot}

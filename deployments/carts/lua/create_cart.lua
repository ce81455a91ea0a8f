-- Creates a cart at version 1, unless the request came before or the platform has too many open
-- carts; publishes its lines.
-- KEYS: request, cart, carts by last change, platform's open carts
-- ARGV: fingerprint, platform, now (ms), expires at (ms), doc, seconds to keep, how many carts a
--       platform may have
-- Returns an outcome and, for 'ok' and 'repeat', a snapshot: version and doc, a line each.
local fingerprint = ARGV[1]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer} end
local open = redis.call('ZCOUNT', KEYS[4], '(' .. ARGV[3], '+inf')
if open >= tonumber(ARGV[7]) then return {'too_many', ARGV[7]} end

local cart = cjson.decode(ARGV[5])
redis.call('HSET', KEYS[2], 'platform', ARGV[2], 'version', 1, 'expires_at', ARGV[4],
  'doc', ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[6])
redis.call('ZADD', KEYS[3], ARGV[3], cart.id)
redis.call('ZADD', KEYS[4], ARGV[4], cart.id)
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', ARGV[3])
redis.call('EXPIRE', KEYS[4], ARGV[6])
local snapshot = '1\n' .. ARGV[5]
request_answered(KEYS[1], fingerprint, snapshot)
publish_lines(KEYS[2], { lines = {} }, cart)
return {'ok', snapshot}

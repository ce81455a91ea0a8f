-- Ends a cart, and publishes that; the answer is the cart as it was.
-- KEYS: request, cart, carts by last change, platform's open carts
-- ARGV: fingerprint, platform, now (ms)
-- Returns an outcome and its detail; for 'ok' and 'repeat' that is a snapshot.
local fingerprint = ARGV[1]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer} end
local cart = cart_of(KEYS[2], ARGV[2], ARGV[3])
if not cart then return {'not_found', ''} end
if cart.order then return {'bought', cart.order} end

local id = cjson.decode(cart.doc).id
request_answered(KEYS[1], fingerprint, cart.snapshot)
redis.call('ZREM', KEYS[3], id)
redis.call('ZREM', KEYS[4], id)
publish('org.fieldhouse.carts.cancelled.v1', id,
  cjson.encode({ cart_id = id, platform = ARGV[2] }), KEYS[2])
redis.call('DEL', KEYS[2])
return {'ok', cart.snapshot}

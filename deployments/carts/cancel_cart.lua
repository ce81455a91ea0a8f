-- Ends a cart; the answer is the cart as it was.
-- KEYS: request, cart
-- ARGV: fingerprint, platform, now (ms)
-- Returns an outcome and its detail; for 'ok' and 'repeat' that is a snapshot.
local fingerprint = ARGV[1]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer} end
local cart = cart_of(KEYS[2], ARGV[2], ARGV[3])
if not cart then return {'not_found', ''} end

redis.call('DEL', KEYS[2])
request_answered(KEYS[1], fingerprint, cart.snapshot)
return {'ok', cart.snapshot}

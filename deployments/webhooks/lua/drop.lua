-- Removes a delivery that waits for good, unless it is just being made.
-- KEYS: ready. ARGV: id, now. Returns 'dropped', 'absent' or 'under_way'.
local id, now = ARGV[1], ARGV[2]
local known = redis.call('HMGET', delivery_key(id), 'endpoint', 'order', 'claim')
local endpoint, order = known[1], known[2]
if not endpoint then return 'absent' end
if known[3] and redis.call('ZSCORE', claims_key(endpoint), order) then return 'under_way' end
untell(id, endpoint, order)
discard(id, endpoint, order)
go_on_unless_waiting(endpoint, order, now)
reschedule(endpoint)
return 'dropped'

-- Has the first delivery of a queue tried now, whenever it was due.
-- KEYS: ready. ARGV: id, now. Returns 'retried', 'absent', 'under_way', or 'behind' if an older
-- delivery of its order has to be made before.
local id, now = ARGV[1], ARGV[2]
local known = redis.call('HMGET', delivery_key(id), 'endpoint', 'order')
local endpoint, order = known[1], known[2]
if not endpoint or not is_registered(endpoint) then return 'absent' end
if redis.call('ZSCORE', claims_key(endpoint), order) then return 'under_way' end
if redis.call('ZRANGE', queue_key(endpoint, order), 0, 0)[1] ~= id then return 'behind' end
go_on(endpoint, order, now)
reschedule(endpoint)
return 'retried'

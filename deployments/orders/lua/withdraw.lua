-- Undoes a placing step: tombstones it, and hides the order if that step placed it.
-- KEYS: step, order, history, orders by number
-- ARGV: step's key, order id, history entry as JSON, what a platform's index starts with
step_undone(KEYS[1])
local found = redis.call('HMGET', KEYS[2], 'placed_by', 'platform', 'withdrawn', 'label')
if found[1] ~= ARGV[1] or found[3] then return end

redis.call('HSET', KEYS[2], 'withdrawn', '1')
redis.call('RPUSH', KEYS[3], ARGV[3])
redis.call('ZREM', ARGV[4] .. found[2], ARGV[2])
redis.call('ZREM', KEYS[4], ARGV[2])
publish('org.fieldhouse.orders.cancelled.v1', ARGV[2],
  cjson.encode({ order_id = ARGV[2], label = found[4], platform = found[2] }), KEYS[2])

-- Makes all shipments of an order and publishes them, once for the order.
-- KEYS: inbox, reservation, order, due, a shipment each, then the streams
-- ARGV: order id, now (ms), then of each shipment: id, the shipment and the event as JSON
-- What the halves said is in the shipments from now on.
if event_seen(KEYS[1]) then return end
if redis.call('EXISTS', KEYS[3]) == 0 then
  for n = 3, #ARGV, 3 do
    local id, key = ARGV[n], KEYS[4 + n / 3]
    redis.call('HSET', key, 'shipment', ARGV[n + 1], 'state', 'created')
    redis.call('RPUSH', KEYS[3], id)
    redis.call('ZADD', KEYS[4], ARGV[2], id)
    publish('org.fieldhouse.shipping.created.v1', id, ARGV[n + 2], key)
  end
end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'order_id', ARGV[1])
event_done(KEYS[1])

-- Takes shipments that are due, the longest overdue first, and leaves them alone for others until
-- a caller that dies with them is certainly done.
-- KEYS: due. ARGV: now (ms), at most, when they are due again unless they are seen to (ms), what a
-- shipment's key begins with. Answers id, shipment, state, label and failures of each.
-- Which shipments is found here, so their keys cannot be among KEYS; they carry the same hash tag.
local taken = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])) do
  redis.call('ZADD', KEYS[1], ARGV[3], id)
  local found = redis.call('HMGET', ARGV[4] .. id, 'shipment', 'state', 'label', 'failures')
  table.insert(taken, { id, unpack(found, 1, 4) })
end
return taken

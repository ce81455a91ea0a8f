-- Takes shipments that are due, the longest overdue first. Nobody else gets them until they have
-- been seen to, or the lease of a caller that died with them has lapsed.
-- KEYS: due, taken. ARGV: now (ms), at most, milliseconds that a lease lasts, what a shipment's key
-- begins with. Answers id, shipment, state, label and failures of each.
-- Which shipments is found here, so their keys cannot be among KEYS; they carry the same hash tag.
local wanted, taken = tonumber(ARGV[2]), {}
for _, id in ipairs(lapsed(KEYS[2])) do redis.call('ZREM', KEYS[2], id) end
local most = wanted + redis.call('ZCARD', KEYS[2])
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, most)) do
  if #taken == wanted then break end
  if not redis.call('ZSCORE', KEYS[2], id) then
    lease(KEYS[2], id, ARGV[3])
    local found = redis.call('HMGET', ARGV[4] .. id, 'shipment', 'state', 'label', 'failures')
    taken[#taken + 1] = { id, unpack(found, 1, 4) }
  end
end
return taken

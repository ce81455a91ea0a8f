-- Ends leases of a reader at once, so that nobody has to wait until they lapse.
-- KEYS: leases, readers. ARGV: reader, '1' if it stops reading altogether, and the tokens to end,
-- as JSON by partition.
for partition, token in pairs(cjson.decode(ARGV[3])) do
  local known = redis.call('HGET', KEYS[1], partition)
  local lease = known and cjson.decode(known) or {}
  if lease.owner == ARGV[1] and lease.token == token then
    redis.call('HSET', KEYS[1], partition, cjson.encode({token = token, ['until'] = 0}))
  end
end
if ARGV[2] == '1' then redis.call('ZREM', KEYS[2], ARGV[1]) end

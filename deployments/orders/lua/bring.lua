-- Brings orders of an earlier version to the present one: into the indices by payment and by number.
-- KEYS: orders by number, and for each order the order and its payment
-- ARGV: the version, and for each order its id and its number
-- Returns how many there were.
local count = 0
for n = 2, #KEYS, 2 do
  local found = redis.call('HMGET', KEYS[n], 'order', 'version', 'withdrawn')
  if found[1] and not found[2] then
    redis.call('SET', KEYS[n + 1], ARGV[n])
    if not found[3] then redis.call('ZADD', KEYS[1], ARGV[n + 1], ARGV[n]) end
    redis.call('HSET', KEYS[n], 'version', ARGV[1])
    count = count + 1
  end
end
return count

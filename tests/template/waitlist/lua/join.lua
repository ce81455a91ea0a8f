-- Puts a buyer at the end of a list, unless he waits already or the list is full.
-- KEYS: list. ARGV: platform and buyer, now (ms), how many may wait, seconds to keep the list.
-- Answers the place, from 1 on, or nothing if the list is full.
local list, member = KEYS[1], ARGV[1]
local before = redis.call('ZRANK', list, member)
if before then return before + 1 end
if redis.call('ZCARD', list) >= tonumber(ARGV[3]) then return false end
redis.call('ZADD', list, ARGV[2], member)
redis.call('EXPIRE', list, ARGV[4])
return redis.call('ZRANK', list, member) + 1

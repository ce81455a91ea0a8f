-- Nothing of a run takes effect any more, and its rows go; one that is over stays as it is.
-- KEYS: the run, the open runs, the file, the items. ARGV: id, fields as JSON. Answers 1 if it ends now.
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'done' or state == 'failed' then return 0 end
redis.call('HINCRBY', KEYS[1], 'token', 1)
for field, value in pairs(cjson.decode(ARGV[2])) do redis.call('HSET', KEYS[1], field, value) end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('UNLINK', KEYS[3], KEYS[4])
return 1

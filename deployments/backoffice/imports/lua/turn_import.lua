-- A person has a run go on, or stop: the worker that has it finds that its token is worth nothing.
-- KEYS: the run, the open runs, the items. ARGV: id, from which states as JSON, fields as JSON,
-- '1' if there is something to do then.
-- Answers 1; 0 if the run is in another state; -1 if its items have gone.
local run, open, items = KEYS[1], KEYS[2], KEYS[3]
local state, allowed = redis.call('HGET', run, 'state'), false
for _, one in ipairs(cjson.decode(ARGV[2])) do allowed = allowed or one == state end
if not allowed then return 0 end
if ARGV[4] == '1' and redis.call('EXISTS', items) == 0 then return -1 end
redis.call('HINCRBY', run, 'token', 1)
redis.call('HSET', run, 'claims', 0)
for field, value in pairs(cjson.decode(ARGV[3])) do redis.call('HSET', run, field, value) end
if ARGV[4] == '1' then redis.call('ZADD', open, 0, ARGV[1]) else redis.call('ZREM', open, ARGV[1]) end
return 1

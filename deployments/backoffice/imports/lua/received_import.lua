-- A file has arrived: its run begins, unless the same file has a run already.
-- KEYS: the run, the open runs, all runs, the file, the file's digest.
-- ARGV: id, when it ends, when its file goes, how many runs there may be, prefix of runs, fields as
-- JSON. Answers the id of the run that there is: the new one, or the one before.
local run, open, all, file, digest = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, ends, gone = ARGV[1], ARGV[2], ARGV[3]
local before = redis.call('GET', digest)
if before and redis.call('EXISTS', ARGV[5] .. before) == 1
  and redis.call('HGET', ARGV[5] .. before, 'state') ~= 'failed' then
  redis.call('UNLINK', file, run)
  redis.call('ZREM', all, id)
  return before
end
redis.call('SET', digest, id)
redis.call('EXPIREAT', digest, ends)
for field, value in pairs(cjson.decode(ARGV[6])) do redis.call('HSET', run, field, value) end
redis.call('EXPIREAT', run, ends)
redis.call('EXPIREAT', file, gone)
redis.call('ZADD', open, 0, id)
return id

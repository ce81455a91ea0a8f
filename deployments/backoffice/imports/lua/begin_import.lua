-- A file is going to arrive; there is room for its run if one that has ended, or is over, gives way.
-- KEYS: the run, all runs. ARGV: id, now in ms, when an upload that was broken off goes, how many runs
-- there may be, prefix of runs, how many files may wait, fields as JSON.
-- Answers 1, or 0 if there are as many as there may be.
local run, all, prefix = KEYS[1], KEYS[2], ARGV[5]
local over = { done = true, failed = true }
local waiting = 0
local runs = redis.call('ZRANGE', all, 0, -1)
local room = tonumber(ARGV[4]) - #runs
for _, id in ipairs(runs) do
  local state = redis.call('HGET', prefix .. id, 'state')
  if not state or (room <= 0 and over[state]) then
    redis.call('ZREM', all, id)
    redis.call('UNLINK', prefix .. id, prefix .. id .. ':refused', prefix .. id .. ':changes')
    room = room + 1
  elseif redis.call('EXISTS', prefix .. id .. ':items', prefix .. id .. ':file') > 0 then
    waiting = waiting + 1
  end
end
if room <= 0 or waiting >= tonumber(ARGV[6]) then return 0 end
redis.call('ZADD', all, ARGV[2], ARGV[1])
for field, value in pairs(cjson.decode(ARGV[7])) do redis.call('HSET', run, field, value) end
redis.call('EXPIREAT', run, ARGV[3])
return 1

-- Gives files to be deleted to whoever asks: those that nobody has shown for long, and those whose
-- deletion began long ago and never ended. From now on no product can take them.
-- KEYS: files that nobody shows, files that are being deleted, how many deletions there were.
-- ARGV: now in ms, since when nobody shows them, since when their deletion has gone on, how many at most.
local unshown, going, deletions = KEYS[1], KEYS[2], KEYS[3]
local files = redis.call('ZRANGE', going, '-inf', ARGV[3], 'BYSCORE', 'LIMIT', 0, ARGV[4])
local room = tonumber(ARGV[4]) - #files
if room > 0 then
  for _, file in ipairs(redis.call('ZRANGE', unshown, '-inf', ARGV[2], 'BYSCORE', 'LIMIT', 0, room)) do
    redis.call('ZREM', unshown, file)
    files[#files + 1] = file
  end
end
for _, file in ipairs(files) do redis.call('ZADD', going, ARGV[1], file) end
if #files > 0 then redis.call('INCR', deletions) end
return files

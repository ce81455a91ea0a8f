-- Notes one batch of a run, once: its items, what became of them, and how far the run is.
-- KEYS: those of `import_lease`, items, refused rows, changes.
-- ARGV: those of `import_lease`, the place's field, the place before, the batch (''), counts as JSON by
-- field, fields as JSON, refused rows as JSON texts, how many are kept, changes as JSON texts, how many
-- are kept. Answers 1, or 0 if the run is another's or farther by now.
local items, refused, changes = KEYS[3], KEYS[4], KEYS[5]
local place, before, batch = ARGV[4], ARGV[5], ARGV[6]
if not is_mine() then return 0 end
if (redis.call('HGET', RUN, place) or '0') ~= before then return 0 end
redis.call('HINCRBY', RUN, place, 1)
redis.call('HSET', RUN, 'claims', 0)
redis.call('HDEL', RUN, 'attempt')

local expires = redis.call('PEXPIRETIME', RUN)
if batch ~= '' then
  redis.call('HSET', items, before, batch)
  redis.call('EXPIREAT', items, redis.call('HGET', RUN, 'until'))
end
for field, by in pairs(cjson.decode(ARGV[7])) do redis.call('HINCRBY', RUN, field, by) end
for field, value in pairs(cjson.decode(ARGV[8])) do redis.call('HSET', RUN, field, value) end

local function append(key, texts, most)
  local room = most - redis.call('LLEN', key)
  for n, text in ipairs(cjson.decode(texts)) do
    if n > room then break end
    redis.call('RPUSH', key, text)
    redis.call('PEXPIREAT', key, expires)
  end
end
append(refused, ARGV[9], tonumber(ARGV[10]))
append(changes, ARGV[11], tonumber(ARGV[12]))
renew()
return 1

-- Writes a product's pictures, if it is at the revision that was seen, and publishes that.
-- KEYS: products, hidden products, revisions, pictures, sequences, files that nobody shows, files that
-- are being deleted, how many deletions there were. ARGV: id, the revision, the pictures as JSON, the
-- event's type and its data, the files as JSON, how many deletions there were when the files were looked
-- for. Answers {'saved'}, {'stale'}, {'unknown'}, {'going', file}, or {'again'}: look for the files anew.
local products, hidden, revisions, pictures, sequences = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local unshown, going, deletions = KEYS[6], KEYS[7], KEYS[8]
local id, seen, files = ARGV[1], ARGV[2], cjson.decode(ARGV[6])
local known = redis.call('HEXISTS', products, id) == 1 or redis.call('HEXISTS', hidden, id) == 1
if not known then return { 'unknown' } end
if seen ~= (redis.call('HGET', revisions, id) or '0') then return { 'stale' } end
for _, file in ipairs(files) do
  if redis.call('ZSCORE', going, file) then return { 'going', file } end
end
if #files > 0 and ARGV[7] ~= (redis.call('GET', deletions) or '0') then return { 'again' } end
if ARGV[3] == '[]' then
  redis.call('HDEL', pictures, id)
else
  redis.call('HSET', pictures, id, ARGV[3])
end
for _, file in ipairs(files) do redis.call('ZREM', unshown, file) end
redis.call('HINCRBY', revisions, id, 1)
publish(ARGV[4], id, ARGV[5], sequences, id)
return { 'saved' }

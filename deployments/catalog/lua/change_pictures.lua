-- Writes a product's pictures, if it is at the revision that was seen, and publishes that.
-- KEYS: products, hidden products, revisions, pictures, sequences. ARGV: id, the revision, the pictures
-- as JSON, the event's type and its data. Answers 'saved', 'stale' or 'unknown'.
local products, hidden, revisions, pictures, sequences = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, seen = ARGV[1], ARGV[2]
local known = redis.call('HEXISTS', products, id) == 1 or redis.call('HEXISTS', hidden, id) == 1
if not known then return 'unknown' end
if seen ~= (redis.call('HGET', revisions, id) or '0') then return 'stale' end
if ARGV[3] == '[]' then
  redis.call('HDEL', pictures, id)
else
  redis.call('HSET', pictures, id, ARGV[3])
end
redis.call('HINCRBY', revisions, id, 1)
publish(ARGV[4], id, ARGV[5], sequences, id)
return 'saved'

-- Removes a group or a price list, if it is at the revision that was seen. Its revision stays and counts
-- on, so that nobody who saw this one can change another of the same name.
-- KEYS: version, the rows, revisions. ARGV: the id, its name among revisions and events, the revision,
-- the name of the new version, the event's data. Answers 'removed', 'stale' or 'unknown'.
local version, rows, revisions = KEYS[1], KEYS[2], KEYS[3]
local id, name, seen = ARGV[1], ARGV[2], ARGV[3]

if redis.call('HEXISTS', rows, id) == 0 then return 'unknown' end
if seen ~= (redis.call('HGET', revisions, name) or '0') then return 'stale' end
redis.call('HDEL', rows, id)
redis.call('HINCRBY', revisions, name, 1)
redis.call('SET', version, ARGV[4])
publish('org.fieldhouse.pricing.rule_changed.v1', name, ARGV[5], revisions, 'events ' .. name)
return 'removed'

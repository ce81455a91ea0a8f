-- Writes a group or a price list as staff want it, if it is at the revision that was seen.
-- KEYS: version, the rows, revisions. ARGV: the id, its name among revisions and events, the
-- revision ('' for a new one), the row, how many rows there may be, the name of the new version,
-- the event's data. Answers {'saved', revision}, {'stale'}, {'unknown'} or {'full'}.
local version, rows, revisions = KEYS[1], KEYS[2], KEYS[3]
local id, name, seen, row = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local exists = redis.call('HEXISTS', rows, id) == 1
if not exists and seen ~= '' then return { 'unknown' } end
if exists and seen ~= (redis.call('HGET', revisions, name) or '0') then return { 'stale' } end
if not exists and redis.call('HLEN', rows) >= tonumber(ARGV[5]) then return { 'full' } end

redis.call('HSET', rows, id, row)
local revision = redis.call('HINCRBY', revisions, name, 1)
redis.call('SET', version, ARGV[6])
publish('org.fieldhouse.pricing.rule_changed.v1', name, ARGV[7], revisions, 'events ' .. name)
return { 'saved', revision }

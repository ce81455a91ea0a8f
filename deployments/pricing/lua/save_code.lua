-- Writes a code as staff want it, if it is at the revision that was seen.
-- KEYS: version, codes, redemptions, revisions. ARGV: folded code, the revision ('' for a new one),
-- the row, the limit of redemptions ('' for none), how many codes there may be, the name of the new
-- version, the event's data. Answers {'saved'}, {'stale'}, {'unknown'}, {'low', redeemed}, {'full'}.
local version, codes, redemptions, revisions = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local code, seen, row, limit = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local exists = redis.call('HEXISTS', codes, code) == 1
if not exists and seen ~= '' then return { 'unknown' } end
if exists and seen ~= (redis.call('HGET', revisions, code) or '0') then return { 'stale' } end
local redeemed = tonumber(redis.call('HGET', redemptions, code) or '0')
if limit ~= '' and redeemed > tonumber(limit) then return { 'low', redeemed } end
if not exists and redis.call('HLEN', codes) >= tonumber(ARGV[5]) then return { 'full' } end

redis.call('HSET', codes, code, row)
redis.call('HINCRBY', revisions, code, 1)
redis.call('SET', version, ARGV[6])
publish('org.fieldhouse.pricing.code_changed.v1', code, ARGV[7], revisions, 'events ' .. code)
return { 'saved' }

-- A location gets its name, and is new if it had none.
-- KEYS: locations, sequences. ARGV: id, name, how many locations there may be, who and why as JSON.
-- Answers JSON: nothing, or `full`.
local locations, sequences = KEYS[1], KEYS[2]
local id, name, limit, authored = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local was = redis.call('HGET', locations, id)
if not was and redis.call('HLEN', locations) >= limit then return cjson.encode({ full = limit }) end
if was ~= name then
  redis.call('HSET', locations, id, name)
  local change = change_of(authored, 'inventory/location/' .. id, 'named',
    { name = was or nil }, { name = name })
  local data = with('{"change":' .. change .. '}', { location_id = id, name = name })
  publish('org.fieldhouse.inventory.location_named.v1', id, data, sequences, 'location ' .. id)
end
return '{}'

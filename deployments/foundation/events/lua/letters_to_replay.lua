-- The dead letters that are to be replayed, the oldest first; on the way it removes those that have
-- expired.
-- KEYS: dead letters. ARGV: how many at most. Answers id and fields of each.
expire_dead_letters(KEYS[1])

local function moment(id)
  local milliseconds, number = id:match('(%d+)-(%d+)')
  return tonumber(milliseconds), tonumber(number)
end

local ids = redis.call('SMEMBERS', KEYS[1] .. ':replaying')
table.sort(ids, function(a, b)
  local a_ms, a_number = moment(a)
  local b_ms, b_number = moment(b)
  if a_ms ~= b_ms then return a_ms < b_ms end
  return a_number < b_number
end)
local found = {}
for n = 1, math.min(#ids, tonumber(ARGV[1])) do
  local letter = redis.call('XRANGE', KEYS[1], ids[n], ids[n])[1]
  if letter then
    found[#found + 1] = letter
  else
    redis.call('SREM', KEYS[1] .. ':replaying', ids[n])
  end
end
return found

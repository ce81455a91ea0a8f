-- The state of the rules and how often codes were redeemed, in one round trip.
-- KEYS: version, offers, codes, tax rates, redemptions, groups, price lists.
-- ARGV: the version that the caller holds,
-- then folded codes. Answers {version, counts}, and the rows only when the version is another.
local version = redis.call('GET', KEYS[1]) or ''
local counts = {}
for i = 2, #ARGV do
  counts[i - 1] = tonumber(redis.call('HGET', KEYS[5], ARGV[i]) or '0')
end
if version == ARGV[1] then return { version, counts } end
return {
  version,
  counts,
  redis.call('HVALS', KEYS[2]),
  redis.call('HVALS', KEYS[3]),
  redis.call('HVALS', KEYS[4]),
  redis.call('HVALS', KEYS[6]),
  redis.call('HVALS', KEYS[7]),
}

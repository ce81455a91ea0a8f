-- Takes in a batch of rules once; whoever reads sees all of it or nothing.
-- KEYS: batches, version, offers, codes, tax rates, groups. ARGV: the batch, the name of the new version,
-- and four JSON lists of {field, row}. Answers the number of rows, 0 for a repetition.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
local count = 0
for list = 1, 4 do
  for _, entry in ipairs(cjson.decode(ARGV[2 + list])) do
    redis.call('HSET', KEYS[2 + list], entry[1], entry[2])
    count = count + 1
  end
end
redis.call('HSET', KEYS[1], ARGV[1], count)
redis.call('SET', KEYS[2], ARGV[2])
return count

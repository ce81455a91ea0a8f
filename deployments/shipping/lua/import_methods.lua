-- Takes in a batch of methods once; whoever reads sees all of it or nothing.
-- KEYS: batches, version, methods. ARGV: the batch, the name of the new version, and a JSON list
-- of {id, row}. Answers the number of rows, 0 for a repetition.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
local rows = cjson.decode(ARGV[3])
for _, entry in ipairs(rows) do
  redis.call('HSET', KEYS[3], entry[1], entry[2])
end
redis.call('HSET', KEYS[1], ARGV[1], #rows)
redis.call('SET', KEYS[2], ARGV[2])
return #rows

-- Moves a saga from one stage to the next: a compare-and-set under the driver's fencing number.
-- KEYS: saga
-- ARGV: fence, from stage, to stage, then pairs of further fields to write down
-- Returns 1, or 0 if another driver has taken over or the stage is not the expected one.
local found = redis.call('HMGET', KEYS[1], 'fence', 'stage')
if found[1] ~= ARGV[1] or found[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'stage', ARGV[3], unpack(ARGV, 4))
return 1

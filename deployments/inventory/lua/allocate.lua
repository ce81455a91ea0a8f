-- A held reservation does not lapse any more.
-- KEYS: as `movements` has them, step, reservation. ARGV: now, reservation id.
local step, reservation = KEYS[9], KEYS[10]

local before = first_answer(step)
if before then return before end
local state = redis.call('HGET', reservation, 'state')
if not state or state == 'released' then return answer_step(step, LAPSED) end
if state == 'held' then
  redis.call('ZREM', HOLDS, ARGV[2])
  redis.call('HSET', reservation, 'state', 'allocated')
end
return answer_step(step, DONE)

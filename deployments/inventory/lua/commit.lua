-- The reserved units are sold.
-- KEYS: as `movements` has them, step, reservation. ARGV: now, reservation id.
local step, reservation = KEYS[9], KEYS[10]

local before = first_answer(step)
if before then return before end
local state = redis.call('HGET', reservation, 'state')
if not state or state == 'released' then return answer_step(step, LAPSED) end
if state ~= 'committed' then
  settle(reservation, ARGV[2], 'committed', 'committed', 'committed')
  tell()
end
return answer_step(step, DONE)

-- The reserved units are sold.
-- KEYS: stock, ledger, holds, step, reservation. ARGV: now, reservation id.
local step, reservation = KEYS[4], KEYS[5]

local before = first_answer(step)
if before then return before end
local state = redis.call('HGET', reservation, 'state')
if not state or state == 'released' then return answer_step(step, LAPSED) end
if state ~= 'committed' then
  settle(reservation, ARGV[2], 'committed', 'committed', 'committed')
end
return answer_step(step, DONE)

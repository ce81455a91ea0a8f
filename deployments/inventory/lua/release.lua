-- Undoes a reserving step: the units go back, and the step is refused from now on.
-- KEYS: as `movements` has them, the step to undo, reservation.
-- ARGV: now, reservation id, the undone step's name.
local step, reservation = KEYS[9], KEYS[10]
local id, step_name = ARGV[2], ARGV[3]

local record = redis.call('HMGET', reservation, 'state', 'step')
local state, made_by = record[1], record[2]
if made_by and made_by ~= step_name then
  return redis.error_reply('RESERVED ' .. id .. ' was made by another step')
end
if state == 'committed' then return '{"refused":"committed"}' end
if state == 'held' or state == 'allocated' then
  settle(reservation, id, 'available', 'released', 'released')
end
step_undone(step)
tell()
return DONE

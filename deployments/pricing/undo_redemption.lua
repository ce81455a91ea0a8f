-- Gives back what a step claimed, once, and refuses the step if it arrives later.
-- KEYS: the step that is undone, redemptions.
local state, claimed = step_state(KEYS[1])
if state == 'done' then
  for _, code in ipairs(cjson.decode(claimed)) do
    redis.call('HINCRBY', KEYS[2], code, -1)
  end
end
step_undone(KEYS[1])

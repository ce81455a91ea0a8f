-- Gives back what a step claimed, once, and refuses the step if it arrives later.
-- KEYS: the step that is undone, redemptions. ARGV: the step's name, prefix of the sets of
-- redeeming steps; which codes it claimed is found here, so their sets cannot be among KEYS.
local state, claimed = step_state(KEYS[1])
if state == 'done' then
  for _, code in ipairs(cjson.decode(claimed)) do
    redis.call('HINCRBY', KEYS[2], code, -1)
    redis.call('SREM', ARGV[2] .. code, ARGV[1])
  end
end
step_undone(KEYS[1])

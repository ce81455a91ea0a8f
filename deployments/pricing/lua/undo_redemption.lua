-- Gives back what a step claimed, once, and refuses the step if it arrives later.
-- KEYS: the step that is undone, redemptions. ARGV: the step's name, prefix of the sets of
-- redeeming steps, prefix of the customers' counts; which codes it claimed, and for whom, is found
-- here, so their keys cannot be among KEYS.
local state, claimed = step_state(KEYS[1])
if state == 'done' then
  local customer = redis.call('HGET', KEYS[1], 'customer')
  for _, code in ipairs(cjson.decode(claimed)) do
    redis.call('HINCRBY', KEYS[2], code, -1)
    redis.call('SREM', ARGV[2] .. code, ARGV[1])
    local customers = ARGV[3] .. code
    if customer and redis.call('HEXISTS', customers, customer) == 1 then
      if redis.call('HINCRBY', customers, customer, -1) <= 0 then
        redis.call('HDEL', customers, customer)
      end
    end
  end
end
step_undone(KEYS[1])

-- Claims one redemption of each code, all or none, once for a step.
-- KEYS: step, codes, redemptions, then the set of redeeming steps of each code.
-- ARGV: the time in seconds, the step's name, then folded codes without repetition.
-- Answers {'done'}, {'undone'}, or {'unavailable', code}. A rejection claims nothing and is not
-- recorded, so that a repetition asks anew.
local state = step_state(KEYS[1])
if state ~= 'new' then return { state } end

local now = tonumber(ARGV[1])
local codes = {}
for i = 3, #ARGV do
  local row = redis.call('HGET', KEYS[2], ARGV[i])
  local rule = row and cjson.decode(row)
  local claimed = tonumber(redis.call('HGET', KEYS[3], ARGV[i]) or '0')
  local available = rule
    and now >= rule.opens_at
    and now <= rule.open_until
    and (not rule.max_redemptions or claimed < rule.max_redemptions)
  if not available then return { 'unavailable', ARGV[i] } end
  codes[i - 2] = ARGV[i]
end
for n, code in ipairs(codes) do
  redis.call('HINCRBY', KEYS[3], code, 1)
  redis.call('SADD', KEYS[3 + n], ARGV[2])
end
step_done(KEYS[1], cjson.encode(codes))
return { 'done' }

-- Claims one redemption of each code, all or none, once for a step.
-- KEYS: step, codes, redemptions, then the set of redeeming steps of each code, then, in the same
-- order, how often each customer redeemed it.
-- ARGV: the time in seconds, the step's name, a digest of the customer ('' if nobody knows them),
-- then folded codes without repetition.
-- Answers {'done'}, {'undone'}, or {'unavailable', code}. A rejection claims nothing and is not
-- recorded, so that a repetition asks anew.
local state = step_state(KEYS[1])
if state ~= 'new' then return { state } end

local now, customer = tonumber(ARGV[1]), ARGV[3]
local count = #ARGV - 3

local function within_limits(rule, code, customers)
  local claimed = tonumber(redis.call('HGET', KEYS[3], code) or '0')
  if rule.max_redemptions and claimed >= rule.max_redemptions then return false end
  if not rule.per_customer then return true end
  local theirs = tonumber(redis.call('HGET', customers, customer) or '0')
  return customer ~= '' and theirs < rule.per_customer
end

local counted = {}
for n = 1, count do
  local code, customers = ARGV[3 + n], KEYS[3 + count + n]
  local row = redis.call('HGET', KEYS[2], code)
  local rule = row and cjson.decode(row)
  local available = rule
    and rule.enabled ~= false
    and now >= rule.opens_at
    and now <= rule.open_until
    and within_limits(rule, code, customers)
  if not available then return { 'unavailable', code } end
  counted[n] = rule.per_customer and customers
end
local codes = {}
for n = 1, count do
  codes[n] = ARGV[3 + n]
  redis.call('HINCRBY', KEYS[3], codes[n], 1)
  redis.call('SADD', KEYS[3 + n], ARGV[2])
  if counted[n] then redis.call('HINCRBY', counted[n], customer, 1) end
end
step_done(KEYS[1], cjson.encode(codes))
if customer ~= '' then redis.call('HSET', KEYS[1], 'customer', customer) end
return { 'done' }

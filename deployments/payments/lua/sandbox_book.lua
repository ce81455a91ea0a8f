-- Books one operation on a charge of the sandbox.
-- KEYS: charge, ledger, keys used. ARGV: operation, its key, amount; to authorise also the
-- currency and the outcome that the token stands for.
-- Returns the charge's outcome, or an error for what no caller may ask.
local what, key, amount = ARGV[1], ARGV[2], tonumber(ARGV[3])
local found = redis.call('HMGET', KEYS[1], 'outcome', 'amount', 'captured', 'refunded')
local outcome, held = found[1], tonumber(found[2] or 0)
local captured, refunded = tonumber(found[3] or 0), tonumber(found[4] or 0)
local taken = found[3] ~= false

local function note() redis.call('RPUSH', KEYS[2], what .. ' ' .. ARGV[3]) end

if what == 'authorise' then
  if outcome then return outcome end
  redis.call('HSET', KEYS[1], 'outcome', ARGV[5], 'amount', ARGV[3], 'currency', ARGV[4])
  note()
  return ARGV[5]
end
if what == 'void' and outcome ~= 'held' then
  if not outcome then redis.call('HSET', KEYS[1], 'outcome', 'voided', 'amount', 0) end
  return outcome or 'voided'
end

if outcome ~= 'held' then return redis.error_reply('SANDBOX nothing is held') end
if redis.call('SISMEMBER', KEYS[3], key) == 1 then return outcome end
if what == 'void' then
  if taken then return redis.error_reply('SANDBOX a captured charge cannot be voided') end
  redis.call('HSET', KEYS[1], 'outcome', 'voided')
elseif what == 'capture' then
  if taken or amount ~= held then return redis.error_reply('SANDBOX capture what is held, once') end
  redis.call('HSET', KEYS[1], 'captured', ARGV[3])
else
  if amount > captured - refunded then return redis.error_reply('SANDBOX refund too high') end
  redis.call('HINCRBY', KEYS[1], 'refunded', ARGV[3])
end
redis.call('SADD', KEYS[3], key)
note()
return outcome

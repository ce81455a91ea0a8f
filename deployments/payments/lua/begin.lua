-- Whether a step may be taken; if so, writes the attempt down before the provider is asked.
-- KEYS: the step's record, payment, attempts
-- ARGV: kind of step, JSON of `key` and `at`, and for
--   authorise: `checkout_id`, `handler_id`, `amount`, `currency`
--   refund: `amount`
--   void: `void_key` (its record and `key` are those of the step that it undoes)
-- Replies as `domain.Reply`. 'call' also when the provider was asked before but its answer is not
-- known: the key makes the provider answer once more.
local kind, request = ARGV[1], cjson.decode(ARGV[2])
local key, at = request.key, request.at
local payment = payment_at(KEYS[2])
local state, answer = step_state(KEYS[1])

local function again(outcome)
  return reply('again', { outcome = outcome, payment = payment })
end

local function impossible() return reply('impossible', { payment = payment }) end

local function call(id, amount)
  attempt_started(KEYS[3], id, kind, amount, at)
  return reply('call', { payment = payment_at(KEYS[2]), amount = amount })
end

local begin = {}

function begin.authorise()
  if state == 'undone' then return reply('undone') end
  if state == 'done' then return again(answer) end
  if not payment then
    redis.call('HSET', KEYS[2], 'checkout_id', request.checkout_id,
      'handler_id', request.handler_id, 'amount', request.amount, 'currency', request.currency,
      'status', 'authorising', 'authorised_by', key)
    return call(key, request.amount)
  end
  if payment.authorised_by ~= key or payment.status ~= 'authorising' then return impossible() end
  return call(key, tonumber(payment.amount))
end

function begin.capture()
  if state == 'done' then return again() end
  if not payment then return impossible() end
  local mine = payment.status == 'capturing' and payment.captured_by == key
  if payment.status ~= 'authorised' and not mine then return impossible() end
  redis.call('HSET', KEYS[2], 'status', 'capturing', 'captured_by', key)
  return call(key, tonumber(payment.amount))
end

function begin.refund()
  if state == 'done' then return again() end
  if not payment or payment.status ~= 'captured' then return impossible() end
  local before = attempt_at(KEYS[3], key)
  if before then return before.outcome and impossible() or call(key, before.amount) end
  local given = tonumber(payment.refunded or 0) + tonumber(payment.refunding or 0)
  if request.amount > tonumber(payment.captured) - given then return impossible() end
  redis.call('HINCRBY', KEYS[2], 'refunding', request.amount)
  return call(key, request.amount)
end

function begin.void()
  local mine = payment and payment.authorised_by == key
  local status = mine and payment.status
  if status == 'capturing' or status == 'captured' then return impossible() end
  step_undone(KEYS[1])
  if not mine or status == 'declined' or status == 'voided' then return reply('nothing') end
  redis.call('HSET', KEYS[2], 'status', 'voiding')
  return call(request.void_key, tonumber(payment.amount))
end

return begin[kind]()

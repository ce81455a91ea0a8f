-- Writes down what the provider answered to a step that `begin.lua` let through.
-- KEYS: the step's record, payment, attempts
-- ARGV: kind of step, JSON of `key` and `at`, and for
--   authorise: `outcome`, `reference`
--   refund: `by`, the author and his reason, if somebody decided upon it
--   void: `void_key`, and `found`, what is known of the authorisation now
-- What becomes true here is published here; the JSON names the `payment_id` for that.
-- Replies as `domain.Reply`: 'again' with the outcome that counts, which is the first one written
-- down; 'undone' when the payment was undone while the provider was asked.
local kind, request = ARGV[1], cjson.decode(ARGV[2])
local key, at = request.key, request.at
local payment = payment_at(KEYS[2])

local function again(outcome)
  return reply('again', { outcome = outcome, payment = payment_at(KEYS[2]) })
end

local function tell(what, more)
  local event = more or {}
  event.payment_id = request.payment_id
  event.checkout_id = payment.checkout_id
  event.amount = tonumber(payment.amount)
  event.currency = payment.currency
  publish('org.fieldhouse.payments.' .. what .. '.v1', request.payment_id, cjson.encode(event),
    KEYS[2])
end

-- What the audit log is told of a refund that somebody decided upon.
local function change(before, after)
  return {
    author = request.by.author,
    reason = request.by.reason,
    at = at,
    subject = 'payments/payment/' .. request.payment_id,
    action = 'refunded',
    before = { refunded = before },
    after = { refunded = after },
  }
end

local finish = {}

function finish.authorise()
  attempt_ended(KEYS[3], key, request.outcome, at)
  local state, answer = step_state(KEYS[1])
  if state == 'undone' then
    redis.call('HSET', KEYS[2], 'reference', request.reference)
    return reply('undone', { payment = payment_at(KEYS[2]) })
  end
  if state == 'done' then return again(answer) end
  local status = request.outcome == 'held' and 'authorised' or 'declined'
  redis.call('HSET', KEYS[2], 'status', status, 'reference', request.reference)
  step_done(KEYS[1], request.outcome)
  if status == 'authorised' then tell(status) else tell(status, { reason = request.outcome }) end
  return again(request.outcome)
end

function finish.capture()
  if payment.status == 'capturing' then
    redis.call('HSET', KEYS[2], 'status', 'captured', 'captured', payment.amount)
    attempt_ended(KEYS[3], key, 'done', at)
    step_done(KEYS[1], '')
    tell('captured')
  end
  return again()
end

function finish.refund()
  local attempt = attempt_at(KEYS[3], key)
  if not attempt.outcome then
    redis.call('HINCRBY', KEYS[2], 'refunding', -attempt.amount)
    local refunded = redis.call('HINCRBY', KEYS[2], 'refunded', attempt.amount)
    attempt_ended(KEYS[3], key, 'done', at)
    step_done(KEYS[1], '')
    tell('refunded', {
      refund = attempt.amount,
      refunded = refunded,
      change = request.by and change(refunded - attempt.amount, refunded),
    })
  end
  return again()
end

function finish.void()
  redis.call('HSET', KEYS[2], 'status', 'voided')
  attempt_ended(KEYS[3], request.void_key, 'done', at)
  attempt_ended(KEYS[3], key, request.found, at)
  if payment.status ~= 'voided' then tell('voided') end
  return again()
end

return finish[kind]()

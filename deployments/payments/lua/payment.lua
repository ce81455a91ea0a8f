-- A prelude for payments' scripts: a payment and its attempts, and how a script replies.

local function payment_at(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local payment = {}
  for i = 1, #flat, 2 do payment[flat[i]] = flat[i + 1] end
  return payment
end

local function attempt_at(key, id)
  local attempt = redis.call('HGET', key, id)
  return attempt and cjson.decode(attempt)
end

-- An attempt that is made once more under its key keeps the moment of its first start.
local function attempt_started(key, id, kind, amount, at)
  local attempt = { kind = kind, amount = amount, started_at = at }
  redis.call('HSETNX', key, id, cjson.encode(attempt))
end

local function attempt_ended(key, id, outcome, at)
  local attempt = attempt_at(key, id)
  if attempt.outcome then return end
  attempt.outcome = outcome
  attempt.ended_at = at
  redis.call('HSET', key, id, cjson.encode(attempt))
end

local function reply(say, more)
  local said = more or {}
  said.say = say
  return cjson.encode(said)
end

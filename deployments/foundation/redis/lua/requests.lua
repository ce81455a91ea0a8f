-- Idempotency of a client's requests, to be used inside the script that takes effect.
-- A request's record is a hash: `fingerprint` of path and body, and the `answer` given.
-- An empty fingerprint stands for a client that sent no key: nothing is looked up or kept.
local REQUEST_TTL_SECONDS = 24 * 3600

-- What is known of a request: 'new', 'repeat' with the first answer (false while it is still
-- being worked on), or 'reused' when the key came with other content.
local function request_state(key, fingerprint)
  if fingerprint == '' then return 'new', false end
  local record = redis.call('HMGET', key, 'fingerprint', 'answer')
  if not record[1] then return 'new', false end
  if record[1] ~= fingerprint then return 'reused', false end
  return 'repeat', record[2]
end

local function request_answered(key, fingerprint, answer)
  if fingerprint == '' then return end
  redis.call('HSET', key, 'fingerprint', fingerprint, 'answer', answer)
  redis.call('EXPIRE', key, REQUEST_TTL_SECONDS)
end

local function request_started(key, fingerprint)
  if fingerprint == '' then return end
  redis.call('HSET', key, 'fingerprint', fingerprint)
  redis.call('EXPIRE', key, REQUEST_TTL_SECONDS)
end

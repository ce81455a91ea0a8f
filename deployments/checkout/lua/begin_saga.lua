-- Starts the completing saga: binds the request's key to the saga's record and to the session's
-- move to complete_in_progress, in one step.
-- KEYS: request, session, saga, active sagas
-- ARGV: fingerprint, request name, platform, now (ms), expected version or '', saga id,
--       session id, order id, milliseconds that the lease lasts
-- Returns an outcome and its detail: a snapshot for 'begun', 'repeat' and 'closed'.
local fingerprint, now = ARGV[1], ARGV[4]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer} end
local rejected = obstacle(KEYS[2], ARGV[3], now, ARGV[5])
if rejected then return rejected end
if redis.call('HGET', KEYS[2], 'status') ~= 'ready_for_complete' then
  return {'closed', snapshot_of(KEYS[2])}
end

redis.call('HINCRBY', KEYS[2], 'version', 1)
redis.call('HSET', KEYS[2], 'status', 'complete_in_progress', 'saga', ARGV[6])
redis.call('PERSIST', KEYS[2])
redis.call('HSET', KEYS[3], 'stage', 'reserving', 'fence', 1, 'session', ARGV[7],
  'order', ARGV[8], 'request', ARGV[2], 'fingerprint', fingerprint, 'started_at', now)
lease(KEYS[4], ARGV[6], ARGV[9])
request_started(KEYS[1], fingerprint)
return {'begun', snapshot_of(KEYS[2])}

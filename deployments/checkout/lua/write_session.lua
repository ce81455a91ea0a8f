-- Replaces a session's contents, or only its status, as one step bound to the request's key;
-- publishes that it is cancelled.
-- KEYS: request, session, platform's sessions
-- ARGV: fingerprint, platform, now (ms), expected version or '', status, doc or '', session id
-- Returns an outcome and its detail; for 'ok' and 'repeat' that is a snapshot.
local fingerprint = ARGV[1]
local state, answer = request_state(KEYS[1], fingerprint)
if state ~= 'new' then return {state, answer} end
local rejected = obstacle(KEYS[2], ARGV[2], ARGV[3], ARGV[4])
if rejected then return rejected end

redis.call('HINCRBY', KEYS[2], 'version', 1)
redis.call('HSET', KEYS[2], 'status', ARGV[5])
if ARGV[6] ~= '' then redis.call('HSET', KEYS[2], 'doc', ARGV[6]) end
keep_unsold(KEYS[2], KEYS[3], ARGV[7], ARGV[3])
local snapshot = snapshot_of(KEYS[2])
request_answered(KEYS[1], fingerprint, snapshot)
if ARGV[5] == 'canceled' then
  local session = cjson.decode(redis.call('HGET', KEYS[2], 'doc'))
  publish('org.fieldhouse.checkout.cancelled.v1', ARGV[7], cjson.encode({
    session_id = ARGV[7], platform = ARGV[2], cart_id = session.cart_id,
  }), KEYS[2])
end
return {'ok', snapshot}

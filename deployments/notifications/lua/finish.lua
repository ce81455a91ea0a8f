-- Writes down what became of a mail.
-- KEYS: inbox, mail
-- ARGV: 'sent', 'skipped' or 'failed', the sender's token, ISO time or the reason, seconds to keep
-- A mail that was sent is sent, even if the sender had no right to it any more; what failed is free
-- for the next attempt, unless that has begun.
local what, sender = ARGV[1], ARGV[2]
if what == 'failed' then
  if redis.call('HGET', KEYS[2], 'sender') == sender then
    redis.call('HSET', KEYS[2], 'state', 'failed')
    redis.call('HDEL', KEYS[2], 'sender', 'ends')
  end
  return
end
if what == 'skipped' and event_seen(KEYS[1]) then return end
redis.call('HSET', KEYS[2], 'state', what, what == 'sent' and 'sent_at' or 'why', ARGV[3])
redis.call('HDEL', KEYS[2], 'sender', 'ends')
redis.call('EXPIRE', KEYS[2], ARGV[4])
event_done(KEYS[1])

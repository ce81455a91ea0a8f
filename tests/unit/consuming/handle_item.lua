-- Puts the event's number behind those of its subject, once, and counts every call.
-- KEYS: inbox, log of the subject, figures. ARGV: sequence.
redis.call('HINCRBY', KEYS[3], 'calls', 1)
if event_seen(KEYS[1]) then return end
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[3], 'effects', 1)
event_done(KEYS[1])

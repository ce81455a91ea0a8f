-- Publishes one event of each subject in ARGV after the first, which is the events' type.
-- KEYS: counters, then the streams.
for n = 2, #ARGV do publish(ARGV[1], ARGV[n], cjson.encode({id = ARGV[n]}), KEYS[1], ARGV[n]) end

-- Publishes one event. KEYS: counters, then the streams. ARGV: type, subject, data.
publish(ARGV[1], ARGV[2], ARGV[3], KEYS[1], ARGV[2])

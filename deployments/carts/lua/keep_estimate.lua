-- Keeps how a cart can be delivered, if the estimate is of the cart's lines as they are: a later one
-- is on its way otherwise. A cart that is gone stays gone.
-- KEYS: inbox, cart. ARGV: number of the cart's event that led to the estimate, estimate
if event_seen(KEYS[1]) then return end
if redis.call('HGET', KEYS[2], 'lines_at') == ARGV[1] then
  redis.call('HSET', KEYS[2], 'estimate', ARGV[2])
end
event_done(KEYS[1])

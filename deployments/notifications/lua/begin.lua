-- Lets one sender tell of an event, unless it was told, is being told, or must not be.
-- KEYS: inbox, mail, opt-out of the address, order, last promotion of the address
-- ARGV: sender's token, milliseconds that it may take, purpose, seconds to keep the record, event
-- Returns 'send'; 'done' if the event took effect before; 'under_way' while another sender may
-- still be at it; or 'skip' when this script decided that the mail is not to be.

-- An address gets one promotional mail in so long, however many carts name it.
local PROMOTION_EVERY_SECONDS = 24 * 3600

if event_seen(KEYS[1]) then return 'done' end
local now = server_time()
local ends = redis.call('HGET', KEYS[2], 'ends')
if ends and tonumber(ends) > now then return 'under_way' end

local function skip(why)
  redis.call('HSET', KEYS[2], 'state', 'skipped', 'why', why)
  redis.call('EXPIRE', KEYS[2], ARGV[4])
  event_done(KEYS[1])
  return 'skip'
end

if ARGV[3] == 'promotional' then
  if redis.call('EXISTS', KEYS[3]) == 1 then return skip('opted out') end
  redis.call('SET', KEYS[5], ARGV[5], 'NX', 'EX', PROMOTION_EVERY_SECONDS)
  if redis.call('GET', KEYS[5]) ~= ARGV[5] then return skip('had one today') end
end
if redis.call('HEXISTS', KEYS[4], 'cancelled') == 1 then return skip('order cancelled') end
redis.call('HSET', KEYS[2], 'state', 'sending', 'sender', ARGV[1], 'ends', now + ARGV[2])
redis.call('HINCRBY', KEYS[2], 'attempts', 1)
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 'send'

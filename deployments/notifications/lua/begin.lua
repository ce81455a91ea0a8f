-- Lets one sender tell an event, unless it was told, is being told, or must not be.
-- KEYS: inbox, mail, opt-out of the address, order
-- ARGV: sender's token, milliseconds that it may take, purpose, seconds to keep the record
-- Returns 'send'; 'done' if the event took effect before; 'under_way' while another sender may
-- still be at it; or 'skip' when this script decided that the mail is not to be.
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

if ARGV[3] == 'promotional' and redis.call('EXISTS', KEYS[3]) == 1 then return skip('opted out') end
if redis.call('HEXISTS', KEYS[4], 'cancelled') == 1 then return skip('order cancelled') end
redis.call('HSET', KEYS[2], 'state', 'sending', 'sender', ARGV[1], 'ends', now + ARGV[2])
redis.call('HINCRBY', KEYS[2], 'attempts', 1)
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 'send'

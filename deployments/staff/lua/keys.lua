-- The names of staff's keys; the table at the top of store.py says what they hold.
local PEOPLE = '{staff}:people'
local OWNERS = '{staff}:owners'
local OWNER_LINK = '{staff}:owner-link'
local LOG = '{staff}:audit:log'
local INDEX = '{staff}:audit:index'
local HEAD = '{staff}:audit:head'
local TAIL = '{staff}:audit:tail'
local function credentials_key(email) return '{staff}:credentials:' .. email end
local function authenticator_key(email) return '{staff}:authenticator:' .. email end
local function recovery_key(email) return '{staff}:recovery:' .. email end
local function sessions_key(email) return '{staff}:sessions:' .. email end
local function devices_key(email) return '{staff}:devices:' .. email end
local function tokens_key(email) return '{staff}:tokens:' .. email end
local function link_of_key(email) return email and '{staff}:link-of:' .. email or OWNER_LINK end
local function session_key(hash) return '{staff}:session:' .. hash end
local function token_key(hash) return '{staff}:token:' .. hash end
local function challenge_key(hash) return '{staff}:challenge:' .. hash end
local function link_key(hash) return '{staff}:link:' .. hash end
local function attempts_key(counter) return '{staff}:attempts:' .. counter end

-- What the script was asked: its one argument.
local ASKED = cjson.decode(ARGV[1])

-- A person's record, as it is decoded and as it is kept; nothing if there is none.
local function person_of(email)
  local text = redis.call('HGET', PEOPLE, email)
  return text and cjson.decode(text), text
end

-- Has a key end at a moment (ms); the server's clock may differ a little from that moment's.
local function ends(key, at) redis.call('PEXPIREAT', key, at) end

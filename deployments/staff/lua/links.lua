-- One-time links, to be used inside scripts, after `keys`. A person has one link at most, and a link
-- that makes the first owner belongs to nobody yet; a newer one replaces it.
local function drop_link_of(email)
  local hash = redis.call('GET', link_of_key(email))
  if hash then redis.call('DEL', link_key(hash)) end
  redis.call('DEL', link_of_key(email))
end

local function drop_link(hash)
  local text = redis.call('GET', link_key(hash))
  if text then drop_link_of(cjson.decode(text).email) end
end

local function make_link(link)
  drop_link_of(link.email)
  local text = cjson.encode({ kind = link.kind, email = link.email, ends_at = link.ends_at })
  redis.call('SET', link_key(link.hash), text)
  redis.call('SET', link_of_key(link.email), link.hash)
  ends(link_key(link.hash), link.ends_at)
  ends(link_of_key(link.email), link.ends_at)
end

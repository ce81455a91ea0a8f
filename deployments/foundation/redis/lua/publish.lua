-- Publishing events, to be used inside the script that makes them true.
-- The last KEYS of such a script are its service's sixteen event streams, or the one of the subject
-- that all its events are about, and the last of its ARGV is the occasion: what all its events have
-- in common, and `streams` if it is one. Both are taken off here, so that KEYS and ARGV are the
-- script's own from now on.
local PARTITIONS = 16
local OCCASION = cjson.decode(table.remove(ARGV))
local STREAMS = {}
for n = OCCASION.streams or PARTITIONS, 1, -1 do STREAMS[n] = table.remove(KEYS) end
OCCASION.streams = nil
local published = 0

-- A JSON object's text with further fields, whose values the script decided.
local function with(data, fields)
  return cjson.encode(fields):sub(1, -2) .. (data == '{}' and '}' or ',' .. data:sub(2))
end

-- Appends one event to the stream of its subject. `data` is the event's data as JSON. A subject's
-- events are numbered in `field` (else `sequence`) of the hash `counter`, which lives as long as
-- the subject does.
local function publish(kind, subject, data, counter, field)
  published = published + 1
  local event = {
    id = OCCASION.id .. '_' .. published,
    type = kind,
    subject = subject,
    dataschema = OCCASION.dataschema .. kind,
    sequence = string.format('%016d', redis.call('HINCRBY', counter, field or 'sequence', 1)),
  }
  for name, value in pairs(OCCASION) do event[name] = event[name] or value end
  local head = cjson.encode(event):sub(1, -2)
  local partition = tonumber(redis.sha1hex(subject):sub(1, 1), 16)
  local stream = STREAMS[#STREAMS == 1 and 1 or partition + 1]
  redis.call('XADD', stream, '*', 'event', head .. ',"data":' .. data .. '}')
end

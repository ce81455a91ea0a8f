-- Ends a person's session by its id, or all but one. Answers how many ended; each call that ended
-- one is in the audit log.
local ended
if ASKED.id then
  ended = end_session(ASKED.email, ASKED.id) and 1 or 0
else
  ended = end_sessions(ASKED.email, ASKED.kept)
end
if ended > 0 then record(ASKED.entry) end
return ended

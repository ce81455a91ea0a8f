-- Appends a change that took effect in another service: once for the event that tells of it.
-- KEYS: inbox.
if ASKED.once and event_seen(KEYS[1]) then return end
record(ASKED.entry)
if ASKED.once then event_done(KEYS[1]) end

-- What an event tells of a change by staff, to be used after `publish` in the script that makes it.
-- `authored` is JSON of who, why and when (`authored` of `authorship.py`); the script knows what was
-- before and what comes after.
local function change_of(authored, subject, action, before, after)
  return with(authored, { subject = subject, action = action, before = before, after = after })
end

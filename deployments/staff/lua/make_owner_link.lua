-- Makes a link that makes the first owner, unless there is one. Answers 1, or 0 if there is.
if redis.call('SCARD', OWNERS) > 0 then return 0 end
make_link(ASKED.new_link)
record(ASKED.entry)
return 1

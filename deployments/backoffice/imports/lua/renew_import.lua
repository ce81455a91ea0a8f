-- Keeps a run for its worker. Answers 1, or 0 if it is another's by now.
if not is_mine() then return 0 end
renew()
return 1

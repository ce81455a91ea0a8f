-- Writes down which item of a batch is about to be written upon which revision, and what became of those
-- before it. Whoever takes the run up later knows by that what may have taken effect.
-- KEYS: those of `import_lease`. ARGV: those of `import_lease`, the batch's number, the attempt as JSON.
-- Answers 1, or 0 if the run is another's or farther by now.
if not is_mine() then return 0 end
if (redis.call('HGET', RUN, 'running') or '0') ~= ARGV[4] then return 0 end
redis.call('HSET', RUN, 'attempt', ARGV[5])
renew()
return 1

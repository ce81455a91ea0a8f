-- Removes dead letters for good. KEYS: dead letters. ARGV: ids. Returns how many there were.
local dropped = 0
for _, id in ipairs(ARGV) do
  if take_dead_letter(KEYS[1], id) then dropped = dropped + 1 end
end
return dropped

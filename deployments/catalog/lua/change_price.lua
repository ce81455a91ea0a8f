-- Sets the price of a SKU of a published product, if that is at the revision that was seen.
-- KEYS: those of `prices`. ARGV: sku, cents, event without its change, who and why as JSON, the
-- revision ('' for any). Answers 'changed', 'unknown' or 'stale'.
local sku, cents, event, authored, seen = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local product = product_of(sku)
if not product then return 'unknown' end
if is_stale(product, seen) then return 'stale' end
set_price(product, sku, cents, event, authored)
return 'changed'

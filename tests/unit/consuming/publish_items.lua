-- Publishes one `ItemPublished` of each subject in ARGV, in their order. KEYS: counters, then the streams.
for n, item in ipairs(ARGV) do
  local data = cjson.encode({item = item, n = n})
  publish('org.fieldhouse.publisher.item_published.v1', item, data, KEYS[1], item)
end

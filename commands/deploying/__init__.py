"""What `fieldhouse deploy` is made of: kept releases, a record of them, and their rollout."""

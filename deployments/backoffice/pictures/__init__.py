"""Pictures of products: checked, made anew, put where pictures are, and told to the catalogue."""

"""The pages, by what they are about. Each asks services, and decides nothing itself."""

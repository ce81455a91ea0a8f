"""The JSON API, by what it is about: the same actions as the pages, for programs with a token."""

"""Objects: bytes written once under a key and read for ever, in a directory or a bucket."""

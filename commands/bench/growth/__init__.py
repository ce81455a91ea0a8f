"""What grows with the store, in one process: time, memory, and what a unit takes in Redis."""

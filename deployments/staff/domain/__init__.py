"""Staff's rules, without I/O."""

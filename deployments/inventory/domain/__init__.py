"""Inventory's rules: no I/O."""

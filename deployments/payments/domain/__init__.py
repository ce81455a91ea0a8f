"""Payments' rules: no I/O."""

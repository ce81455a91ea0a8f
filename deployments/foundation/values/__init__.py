"""Small values that everything else is made of: money, ids, clock, messages, settings, traces."""

"""Exports: what there is as files, whose own columns can be imported again."""

"""Imports: a file is read, compared with what there is, and then takes effect, row by row.

`run` is what is known of one, `worker` works at it, `reader` reads its file in its own process.
"""

"""Files of rows, in and out: encodings, separators, workbooks, numbers, and cells that are safe."""

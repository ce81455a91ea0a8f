"""What a journey is made of, counted in one process: figures that depend on no machine."""

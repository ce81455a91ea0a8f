"""What `fieldhouse scale` is made of: load, what is seen meanwhile, and a picture of it."""

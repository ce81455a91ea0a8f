"""What `make load` is made of: buyers, how long what follows a purchase takes, and a table."""

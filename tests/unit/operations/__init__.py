"""What starts the store and takes it to a cluster, without Ray."""

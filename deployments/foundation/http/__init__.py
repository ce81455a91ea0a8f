"""HTTP in, a service call, HTTP out: what every public route is held to."""

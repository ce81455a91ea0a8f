"""Long-running loops and servers, started by Serve beside the service they belong to."""

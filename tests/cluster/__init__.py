"""The store on several machines: each a set of namespaces of its own on this one."""

"""Where services run: each in Serve replicas of its own, several in one, or all in one process.

| module | what |
| --- | --- |
| `composition` | what a service's `compose()` is given, and what it gives |
| `local` | a dependency in the same process, called without leaving it |
| `consumption` | a service's consumer, as a task of the process |
| `host` | the services of one process: composed, started, watched, reached, ended |
| `meter` | the instruments that a service measures with |
| `replica` | a host as a replica of a Serve application |
| `applications` | which Serve application hosts a service |
"""

#!/usr/bin/env python3
"""Ray's HAProxy, which answers for itself as the store does and is never away for long.

Ray writes HAProxy's configuration from a template of its own, and starts what
`RAY_SERVE_HAPROXY_BINARY_PATH` names: this file, which becomes HAProxy. The `python3` that is found
first must be the one that Ray is installed in.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    from commands.proxy.start import start

    start(sys.argv[1:])

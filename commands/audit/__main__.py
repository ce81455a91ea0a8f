"""`python -m commands.audit`."""

import sys

from commands.audit.command import main

sys.exit(main())

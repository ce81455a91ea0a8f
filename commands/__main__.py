"""`python -m commands` is `fieldhouse`, wherever the project lies."""

from __future__ import annotations

from commands.main import main

if __name__ == "__main__":
    main()

"""`fieldhouse platform-key`: draws an API key for a platform.

The key is shown once; the store keeps its hash.
"""

from __future__ import annotations

import re
import secrets
from typing import Annotated

import typer

from commands.exit_status import OK
from deployments.foundation.http.authentication import hash_key


def platform_key(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="The platform's name: letters, digits, `-` and `_`."),
    ],
) -> int:
    """Draw an API key for a platform."""
    if not re.fullmatch(r"[\w-]{1,100}", name, re.ASCII):
        raise typer.BadParameter("A platform's name has letters, digits, `-` and `_` only.")
    key = secrets.token_urlsafe(32)
    print(f"X-API-Key for {name}, shown only now:  {key}")
    print(f"add to FIELDHOUSE_PLATFORM_KEYS:       {name}={hash_key(key)}")
    return OK

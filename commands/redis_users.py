"""`fieldhouse redis-users`: the users that the services enter a Redis of the operator's own with.

The store creates them by itself where the user of the URL may; this is for a Redis where only its
administrator does. A line has a password's hash, never the password.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from redis.exceptions import NoPermissionError

from commands.exit_status import OK, UNUSABLE, CommandError
from deployments.datastore.provisioning import create_users
from deployments.datastore.users import acl_line, users_by_server
from deployments.foundation.redis.addresses import server_name
from deployments.foundation.redis.connection import configured_secret
from deployments.foundation.values.settings import settings


class NoUsersError(CommandError):
    """None can be printed or created; the message says what is not set, or not allowed."""

    status = UNUSABLE


def redis_users(
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Create them, on every node, as the URL's user.")
    ] = False,
) -> int:
    """Print the services' Redis users as lines of an ACL file."""
    secret, shared = configured_secret(), settings().shared_redis_url
    if secret is None:
        raise NoUsersError("Set FIELDHOUSE_REDIS_SECRET: the users' passwords derive from it.")
    wanted = users_by_server(shared)
    if not wanted:
        raise NoUsersError("Set REDIS_URL: the embedded server has its users already.")
    if apply:
        _create(shared, secret)
    for url, users in wanted.items():
        typer.echo(f"# {server_name(url)}", err=True)
        for user in users:
            typer.echo(acl_line(*user, secret))
    return OK


def _create(shared: str | None, secret: str) -> None:
    try:
        asyncio.run(create_users(shared, secret))
    except NoPermissionError as denied:
        raise NoUsersError(f"The URL's user may not create users (ACL SETUSER): {denied}") from None

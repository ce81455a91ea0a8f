"""Each service's Redis user: what its ACL allows, which is its own keys and nothing else."""

from __future__ import annotations

from deployments.foundation.redis import password

SERVICES = (
    "catalog",
    "carts",
    "checkout",
    "orders",
    "inventory",
    "payments",
    "shipping",
    "pricing",
)
"""The services that keep state, each under keys that begin with its name as a hash tag."""

DATASTORE = "datastore"
"""The user that touches no key and only asks whether the server answers, and whom."""

USERS = (*SERVICES, DATASTORE)


def acl_rules(service: str) -> list[str]:
    """The rules of a service's user, password aside. Whatever administers the server is denied."""
    if service == DATASTORE:
        return ["reset", "on", "+@connection", "-@admin", "-@dangerous", "+client|list"]
    return ["reset", "on", "resetchannels", f"~{{{service}}}:*", "+@all", "-@admin", "-@dangerous"]


def set_user(service: str, secret: str) -> list[str]:
    """The command, in words, that creates or renews a service's user."""
    return ["ACL", "SETUSER", service, *acl_rules(service), f">{password(service, secret)}"]

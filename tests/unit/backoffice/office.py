"""The back office, composed with the services that it asks, and the people who use it."""

from __future__ import annotations

from typing import cast

from argon2 import PasswordHasher
from pydantic import SecretStr
from starlette.types import ASGIApp

from deployments.foundation.placement.host import Host
from deployments.foundation.values.clock import utc_now
from deployments.staff.contract.credentials import Credential
from deployments.staff.contract.people import InvitePerson
from deployments.staff.contract.permissions import Role
from deployments.staff.operator import Operator
from deployments.staff.passwords import Passwords
from deployments.staff.service import StaffService
from deployments.staff.store import StaffStore
from tests.conftest import ClientOf
from tests.in_process import composed
from tests.unit.backoffice.browser import OWNER, PASSWORD, Browser

__all__ = ["OWNER", "PASSWORD", "Office"]
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Office:
    """A store in one process; nothing of it is seeded or consumes unless a test starts it."""

    def __init__(self, redis_of: ClientOf) -> None:
        self.host: Host = composed(redis_of, staff={"passwords": Passwords(_CHEAP)})
        self.app: ASGIApp = self.host.app()
        self._owner: Browser | None = None
        self.staff = cast(StaffService, self.host.services["staff"].service)
        self.operator = Operator(StaffStore(redis_of("staff")), utc_now)

    def browser(self, **headers: str) -> Browser:
        """A browser of a stranger."""
        return Browser(self.app, **headers)

    async def owner_link(self) -> str:
        """The path of the link that makes the owner."""
        link = await self.operator.owner_link()
        assert link is not None
        return f"/link/{link.get_secret_value()}"

    async def owner(self) -> Browser:
        """The owner's browser, signed in."""
        browser = self.browser()
        await browser.become_owner(await self.owner_link())
        self._owner = browser
        return browser

    def session(self) -> str:
        """The secret of the owner's session."""
        assert self._owner is not None
        return str(self._owner.http.cookies["fieldhouse-session"])

    async def colleague(self, *roles: Role, email: str = "grace@example.org") -> Browser:
        """The browser of a colleague in these roles, whom the owner has invited."""
        if self._owner is None:
            self._owner = await self.owner()
        secret = self._owner.http.cookies["fieldhouse-session"]
        sent = InvitePerson(
            by=Credential(session=SecretStr(secret)), email=email, name="Grace", roles=roles
        )
        made = await self.staff.invite(sent)
        browser = self.browser()
        page = await browser.submit(
            f"/link/{made.link.get_secret_value()}",
            {"name": "Grace", "password": PASSWORD, "password_again": PASSWORD},
        )
        assert page.status_code == 200, page.text
        return browser

    async def sign_in(self, email: str = OWNER, password: str = PASSWORD) -> Browser:
        """A browser in which somebody has signed in."""
        browser = self.browser()
        page = await browser.submit("/sign-in", {"email": email, "password": password})
        assert page.status_code == 200, page.text
        return browser

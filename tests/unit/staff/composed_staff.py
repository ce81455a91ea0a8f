"""A shop with people who run it, as tests use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from argon2 import PasswordHasher
from pydantic import SecretStr
from redis.asyncio import Redis

from deployments.foundation.placement.host import nowhere
from deployments.foundation.values.authorship import Change
from deployments.foundation.values.meter import Meter
from deployments.staff.contract.credentials import (
    Authorise,
    Authorised,
    Credential,
    NotSignedIn,
    Origin,
)
from deployments.staff.contract.people import ActOnPerson, InvitePerson
from deployments.staff.contract.permissions import Permission, Role
from deployments.staff.contract.sign_in import AcceptLink, SignedIn, SignIn, SignInStep
from deployments.staff.deployment import compose
from deployments.staff.operator import Operator
from deployments.staff.passwords import Passwords
from deployments.staff.service import StaffService
from deployments.staff.store import StaffStore
from tests.conftest import ClientOf

OWNER = "ada@example.org"
PASSWORD = "correct horse battery staple"  # noqa: S105 - it opens nothing.
HOME = "192.0.2.7"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def secret(text: str) -> SecretStr:
    return SecretStr(text)


class ComposedStaff:
    """Two replicas of staff, a clock, and who is signed in."""

    def __init__(self, redis_of: ClientOf) -> None:
        # Now, so that the server's own expiry agrees with it.
        self.now = datetime.now(UTC)
        self.redis: Redis = redis_of("staff")
        self.passwords, self.meter = Passwords(CHEAP), Meter()
        self._redis_of, self._slow = redis_of, list[Passwords]()
        self.staff, self.other = self._replica(self.passwords), self._replica(self.passwords)
        self.operator = Operator(StaffStore(self.redis), lambda: self.now)
        self.owner = Credential()

    def _replica(self, passwords: Passwords) -> StaffService:
        composed = compose(
            self._redis_of("staff"),
            nowhere,
            clock=lambda: self.now,
            meter=self.meter,
            passwords=passwords,
        )
        return cast(StaffService, composed.service)

    def slow_down(self, hasher: PasswordHasher) -> None:
        """Have the first replica check passwords by another hasher."""
        self._slow.append(Passwords(hasher))
        self.staff = self._replica(self._slow[-1])

    def close(self) -> None:
        """End the threads of all replicas."""
        for one in (self.passwords, *self._slow):
            one.close()

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)

    async def owner_link(self) -> SecretStr | None:
        return await self.operator.owner_link()

    async def make_owner(self) -> SignedIn:
        link = await self.owner_link()
        assert link is not None
        step = await self.staff.accept_link(
            AcceptLink(
                link=link,
                email=OWNER,
                name="Ada",
                password=secret(PASSWORD),
                origin=Origin(address=HOME),
            )
        )
        assert step.signed_in is not None
        self.owner = session(step.signed_in)
        return step.signed_in

    async def sign_in(
        self, email: str = OWNER, password: str = PASSWORD, origin: Origin | None = None
    ) -> SignInStep:
        return await self.staff.sign_in(
            SignIn(email=email, password=secret(password), origin=origin or Origin(address=HOME))
        )

    async def enter(self, email: str = OWNER, password: str = PASSWORD) -> Credential:
        step = await self.sign_in(email, password)
        assert step.signed_in is not None
        return session(step.signed_in)

    async def employ(self, email: str, *roles: Role) -> Credential:
        """A colleague who has come in with these roles."""
        invited = await self.staff.invite(
            InvitePerson(by=self.owner, email=email, name=email.partition("@")[0], roles=roles)
        )
        step = await self.other.accept_link(
            AcceptLink(link=invited.link, password=secret(PASSWORD), origin=Origin(address=HOME))
        )
        assert step.signed_in is not None
        return session(step.signed_in)

    async def come_back(self, asked: ActOnPerson) -> Credential:
        """A disabled person who was enabled, and has come in again."""
        again = await self.staff.enable(asked)
        step = await self.other.accept_link(
            AcceptLink(link=again.link, password=secret(PASSWORD), origin=Origin(address=HOME))
        )
        assert step.signed_in is not None
        return session(step.signed_in)

    def act(self, email: str, reason: str = "") -> ActOnPerson:
        """What the owner says of a person."""
        return ActOnPerson(by=self.owner, email=email, reason=reason)

    async def is_open(self, by: Credential, permission: Permission = "account.own") -> bool:
        """Whether a session or a token still opens anything."""
        try:
            await self.may(by, permission)
        except NotSignedIn:
            return False
        return True

    async def may(self, by: Credential, permission: Permission = "account.own") -> Authorised:
        """Asks the other replica."""
        return await self.other.authorise(Authorise(by=by, permission=permission))

    async def rows(self) -> list[tuple[str, dict[str, str]]]:
        """The audit log as it is kept."""
        return cast(Any, await self.redis.xrange("{staff}:audit:log"))  # type: ignore[no-any-return]

    async def log(self) -> list[Change]:
        """All changes in the audit log."""
        return [Change.model_validate_json(row["change"]) for _, row in await self.rows()]


def session(signed_in: SignedIn) -> Credential:
    return Credential(session=signed_in.session, address=HOME)


@asynccontextmanager
async def another_shop(redis_of: ClientOf) -> AsyncIterator[ComposedStaff]:
    shop = ComposedStaff(redis_of)
    try:
        yield shop
    finally:
        shop.close()

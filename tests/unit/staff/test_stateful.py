"""Whatever people do to each other, at once and at two replicas: what was taken from somebody is
refused from then on, there is always an owner, and the audit log is whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from deployments.datastore.users import set_user
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.redis.connection import password
from deployments.foundation.rpc.rejection import Rejection
from deployments.staff.audit import StaffAudit
from deployments.staff.contract.credentials import Credential, NotPermitted, NotSignedIn
from deployments.staff.contract.people import ChangePerson, GetPerson, Person
from deployments.staff.contract.permissions import ROLES, Permission, Role
from deployments.staff.contract.sign_in import EndSessions, ListSessions
from deployments.staff.contract.tokens import CreateToken, RevokeToken
from deployments.staff.domain.permissions import in_order, permissions_of, scoped
from tests.conftest import SECRET
from tests.unit.staff.composed_staff import HOME, OWNER, ComposedStaff

T = TypeVar("T")
NAMES = [OWNER, *(f"person{n}@example.org" for n in range(3))]
people = st.sampled_from(NAMES)
role_sets = st.frozensets(st.sampled_from(ROLES), min_size=1, max_size=2)
SCOPES: tuple[Permission, ...] = ("catalogue.read", "stock.change", "audit.read")


@dataclass
class Known:
    """What is so of a person: `sessions` and `tokens` are those that open something."""

    roles: frozenset[Role]
    active: bool = True
    sessions: list[Credential] = field(default_factory=list)
    tokens: list[tuple[str, Credential]] = field(default_factory=list)


class People(RuleBasedStateMachine):
    """One shop with two replicas, and what each credential should open."""

    socket: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.known: dict[str, Known] = {}
        self.over: list[Credential] = []

    def run(self, work: Awaitable[T]) -> T:
        async def done() -> T:
            return await work

        return self.runner.run(done())

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        path = str(self.socket)
        self.admin = Redis(unix_socket_path=path, decode_responses=True)
        await self.admin.flushall()
        await self.admin.execute_command(*set_user("staff", SECRET))
        self.clients: list[Redis] = []

        def client(service: str) -> Redis:
            redis = Redis(
                unix_socket_path=path,
                username=service,
                password=password(service, SECRET),
                decode_responses=True,
            )
            self.clients.append(redis)
            return redis

        self.shop = ComposedStaff(client)
        await self.shop.make_owner()
        self.known[OWNER] = Known(frozenset({"owner"}), sessions=[self.shop.owner])
        for email in NAMES[1:]:
            session = await self.shop.employ(email, "owner")
            self.known[email] = Known(frozenset({"owner"}), sessions=[session])

    def teardown(self) -> None:
        async def close() -> None:
            self.shop.close()
            for redis in (self.admin, *self.clients):
                await redis.aclose()

        self.run(close())
        self.runner.close()

    # What the model says

    def owners(self) -> list[str]:
        return [email for email, one in self.known.items() if one.active and "owner" in one.roles]

    def by(self) -> Credential:
        """An owner's session; one is opened if there is none."""
        email = self.owners()[0]
        if not self.known[email].sessions:
            self.sign_in(email)
        return self.known[email].sessions[0]

    def end(self, email: str, *, tokens: bool = False) -> None:
        one = self.known[email]
        self.over += one.sessions
        one.sessions = []
        if tokens:
            self.over += [token for _, token in one.tokens]
            one.tokens = []

    # What people do

    @rule(email=people)
    def sign_in(self, email: str) -> None:
        if self.known[email].active:
            self.known[email].sessions.append(self.run(self.shop.enter(email)))
            self.over += self.known[email].sessions[:-20]
            del self.known[email].sessions[:-20]

    @rule(email=people)
    def end_other_sessions(self, email: str) -> None:
        sessions = self.known[email].sessions
        if sessions:
            self.run(self.shop.staff.end_sessions(EndSessions(by=sessions[0])))
            self.over += sessions[1:]
            del sessions[1:]

    @rule(email=people)
    def make_a_token(self, email: str) -> None:
        one = self.known[email]
        scopes = in_order(scoped(SCOPES, one.roles))
        if one.sessions and scopes and len(one.tokens) < 5:
            asked = CreateToken(by=one.sessions[0], name="token", scopes=scopes, days=1)
            made = self.run(self.shop.other.create_token(asked))
            token = Credential(token=made.secret, address=HOME)
            one.tokens.append((made.token.id, token))

    @rule(email=people)
    def revoke_a_token(self, email: str) -> None:
        tokens = self.known[email].tokens
        if tokens:
            id_, token = tokens.pop()
            asked = RevokeToken(by=self.by(), token_id=id_, of=email)
            self.run(self.shop.staff.revoke_token(asked))
            self.over.append(token)

    @rule(email=people)
    def end_all_sessions(self, email: str) -> None:
        asked = self.shop.act(email).model_copy(update={"by": self.by()})
        self.run(self.shop.other.end_sessions_of(asked))
        self.end(email)

    @rule(emails=st.lists(people, min_size=1, max_size=4, unique=True))
    def disable_at_once(self, emails: list[str]) -> None:
        by = self.by()
        replicas = (self.shop.staff, self.shop.other)
        asked = [self.shop.act(email).model_copy(update={"by": by}) for email in emails]

        async def all_at_once() -> list[Person | BaseException]:
            deeds = (replicas[n % 2].disable(one) for n, one in enumerate(asked))
            return await asyncio.gather(*deeds, return_exceptions=True)

        for email, outcome in zip(emails, self.run(all_at_once()), strict=True):
            if isinstance(outcome, Person):
                self.known[email].active = False
                self.end(email, tokens=True)
            else:
                assert isinstance(outcome, Rejection), outcome

    @rule(email=people)
    def enable(self, email: str) -> None:
        if not self.known[email].active:
            asked = self.shop.act(email).model_copy(update={"by": self.by()})
            self.known[email].sessions.append(self.run(self.shop.come_back(asked)))
            self.known[email].active = True

    @rule(email=people, roles=role_sets)
    def give_other_roles(self, email: str, roles: frozenset[Role]) -> None:
        one, by = self.known[email], self.by()
        person = self.run(self.shop.staff.person(GetPerson(by=by, email=email)))
        asked = ChangePerson(by=by, email=email, version=person.version, roles=tuple(roles))
        try:
            self.run(self.shop.other.change_person(asked))
        except Rejection:
            assert self.owners() == [email]
            return
        if one.roles != roles:
            one.roles = roles
            self.end(email)

    # What holds

    @invariant()
    def every_credential_opens_what_it_should(self) -> None:
        for one in self.known.values():
            for session in one.sessions:
                allowed = self.run(self.shop.may(session)).permissions
                assert set(allowed) == permissions_of(one.roles)
            for _, token in one.tokens:
                allowed = self.run(self.allowed(token))
                assert set(allowed) <= scoped(SCOPES, one.roles)

    async def allowed(self, token: Credential) -> tuple[Permission, ...]:
        for permission in SCOPES:
            try:
                return (await self.shop.may(token, permission)).permissions
            except NotPermitted:
                continue
        return ()

    @invariant()
    def what_was_taken_stays_taken(self) -> None:
        for credential in self.over:
            try:
                self.run(self.shop.may(credential, "catalogue.read"))
            except NotSignedIn:
                continue
            raise AssertionError(f"it opens something still: {credential}")

    @invariant()
    def there_is_an_owner_and_the_books_are_straight(self) -> None:
        if not self.known:
            return
        assert self.owners()
        redis = self.shop.redis
        audit = StaffAudit(redis, Inspection(0))
        for findings in (self.run(audit.log()), self.run(audit.owners())):
            assert findings.discrepancies == ()
        for email, one in self.known.items():
            if one.sessions:
                asked = ListSessions(by=one.sessions[0])
                listed = self.run(self.shop.staff.sessions(asked)).sessions
                assert len(listed) == len(one.sessions), email


def test_what_was_taken_is_refused_whatever_people_do(valkey_socket: Path) -> None:
    machine = type("Here", (People,), {"socket": valkey_socket})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

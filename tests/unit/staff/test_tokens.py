"""API tokens: what they allow, and when they do not any more."""

from __future__ import annotations

import asyncio

import pytest

from deployments.staff.contract.credentials import Credential, NotPermitted
from deployments.staff.contract.people import ChangePerson, GetPerson, PersonNotFound
from deployments.staff.contract.permissions import Permission
from deployments.staff.contract.tokens import (
    MOST_TOKENS,
    TOKEN_PREFIX,
    CreateToken,
    ListTokens,
    NewToken,
    RevokeToken,
    ScopeRefused,
    TokenNotFound,
    TooManyTokens,
)
from tests.unit.staff.composed_staff import HOME, OWNER, ComposedStaff

BOB = "bob@example.org"


async def make(
    shop: ComposedStaff, by: Credential, *scopes: Permission, days: int = 90
) -> NewToken:
    asked = CreateToken(by=by, name="nightly import", scopes=scopes, days=days, reason="imports")
    return await shop.staff.create_token(asked)


def using(token: NewToken) -> Credential:
    return Credential(token=token.secret, address=HOME)


async def test_a_token_allows_its_scopes_and_nothing_else(owned: ComposedStaff) -> None:
    token = await make(owned, owned.owner, "prices.change", "catalogue.read")
    assert token.secret.get_secret_value().startswith(TOKEN_PREFIX)
    who = await owned.may(using(token), "prices.change")
    assert who.permissions == ("catalogue.read", "prices.change")
    assert (who.author.kind, who.author.id) == ("token", token.token.id)
    assert who.author.person == OWNER
    assert who.author.name == f"nightly import ({OWNER})"
    assert who.session_id is None
    for permission in ("stock.change", "account.own", "staff.change"):
        with pytest.raises(NotPermitted):
            await owned.may(using(token), permission)


async def test_nobody_makes_a_token_for_what_he_may_not_do(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse")
    refused: tuple[tuple[Credential, tuple[Permission, ...]], ...] = (
        (bob, ("stock.change", "prices.change")),
        (owned.owner, ("staff.change",)),
        (owned.owner, ("account.own",)),
        (owned.owner, ()),
    )
    for by, scopes in refused:
        with pytest.raises(ScopeRefused):
            await make(owned, by, *scopes)


async def test_a_token_loses_what_its_maker_loses(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse", "catalogue")
    token = await make(owned, bob, "stock.change", "prices.change")
    version = (await owned.staff.person(GetPerson(by=owned.owner, email=BOB))).version
    await owned.staff.change_person(
        ChangePerson(by=owned.owner, email=BOB, version=version, roles=("warehouse",))
    )
    assert (await owned.may(using(token), "stock.change")).permissions == ("stock.change",)
    with pytest.raises(NotPermitted):
        await owned.may(using(token), "prices.change")


async def test_a_token_ends_with_its_time_and_with_its_maker(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse")
    short = await make(owned, bob, "stock.read", days=1)
    long = await make(owned, bob, "stock.read", days=365)
    owned.later(days=1)
    assert not await owned.is_open(using(short), "stock.read")
    assert await owned.is_open(using(long), "stock.read")
    owned.owner = await owned.enter()
    await owned.staff.disable(owned.act(BOB))
    assert not await owned.is_open(using(long), "stock.read")
    again = await owned.come_back(owned.act(BOB))
    assert await owned.is_open(again)
    assert not await owned.is_open(using(long), "stock.read")


async def test_tokens_are_listed_without_their_secrets_and_revoked(owned: ComposedStaff) -> None:
    tokens = [await make(owned, owned.owner, "stock.read") for _ in range(2)]
    await owned.may(using(tokens[0]), "stock.read")
    listed = (await owned.staff.tokens(ListTokens(by=owned.owner))).tokens
    assert {one.id for one in listed} == {one.token.id for one in tokens}
    used = {one.id: one.used_at for one in listed}
    assert used[tokens[0].token.id] is not None
    assert used[tokens[1].token.id] is None
    assert tokens[0].secret.get_secret_value() not in repr(listed)
    revoking = RevokeToken(by=owned.owner, token_id=tokens[0].token.id)
    await owned.staff.revoke_token(revoking)
    assert not await owned.is_open(using(tokens[0]), "stock.read")
    assert await owned.is_open(using(tokens[1]), "stock.read")
    with pytest.raises(TokenNotFound):
        await owned.staff.revoke_token(revoking)


async def test_others_tokens_are_an_owners_business(owned: ComposedStaff) -> None:
    bob = await owned.employ(BOB, "warehouse")
    token = await make(owned, bob, "stock.read")
    (listed,) = (await owned.staff.tokens(ListTokens(by=owned.owner, of=BOB))).tokens
    assert listed.id == token.token.id
    with pytest.raises(NotPermitted):
        await owned.staff.tokens(ListTokens(by=bob, of=OWNER))
    with pytest.raises(NotPermitted):
        await owned.staff.revoke_token(RevokeToken(by=bob, token_id=token.token.id, of=BOB))
    with pytest.raises(PersonNotFound):
        await owned.staff.tokens(ListTokens(by=owned.owner, of="nobody@example.org"))
    await owned.staff.revoke_token(RevokeToken(by=owned.owner, token_id=token.token.id, of=BOB))
    assert not await owned.is_open(using(token), "stock.read")


async def test_a_person_has_a_bounded_number_of_tokens(owned: ComposedStaff) -> None:
    wanted = [make(owned, owned.owner, "stock.read") for _ in range(MOST_TOKENS + 4)]
    outcomes = await asyncio.gather(*wanted, return_exceptions=True)
    assert sum(isinstance(one, NewToken) for one in outcomes) == MOST_TOKENS
    assert sum(isinstance(one, TooManyTokens) for one in outcomes) == 4
    owned.later(days=90)
    owned.owner = await owned.enter()
    await make(owned, owned.owner, "stock.read")


async def test_making_and_revoking_are_in_the_audit_log(owned: ComposedStaff) -> None:
    token = await make(owned, owned.owner, "stock.read")
    await owned.staff.revoke_token(
        RevokeToken(by=owned.owner, token_id=token.token.id, reason="leaked")
    )
    made, revoked = (await owned.log())[-2:]
    assert (made.action, made.after["scopes"], made.reason) == (
        "token_made",
        ["stock.read"],
        "imports",
    )
    assert (revoked.action, revoked.subject, revoked.reason) == (
        "token_revoked",
        f"staff/token/{token.token.id}",
        "leaked",
    )

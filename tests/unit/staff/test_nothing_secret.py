"""No password, session, link, token or code is in anything that staff writes."""

from __future__ import annotations

import logging

import pyotp
import pytest
from redis.asyncio import Redis

from deployments.foundation.rpc.calls import Endpoint
from deployments.staff.contract import StaffApi
from deployments.staff.contract.account import (
    ChangePassword,
    ConfirmSecondFactor,
    RenewRecoveryCodes,
    StartSecondFactor,
)
from deployments.staff.contract.audit_log import ExportAudit
from deployments.staff.contract.credentials import Credential
from deployments.staff.contract.sign_in import AnswerChallenge, SignIn, WrongCredentials
from deployments.staff.contract.tokens import CreateToken
from tests.unit.staff.composed_staff import OWNER, PASSWORD, ComposedStaff, secret, session
from tests.unit.test_nothing_secret import everything_in, found

GUESS, NEW = "a guess that somebody makes", "a wholly new password"
BOB = "bob@example.org"


async def live(shop: ComposedStaff) -> tuple[list[str], str]:
    """All that staff do once; the secrets of it, and the one that must be kept as it is."""
    secrets = [PASSWORD, GUESS, NEW]
    link = await shop.owner_link()
    assert link is not None
    signed_in = await shop.make_owner()
    await shop.employ(BOB, "warehouse")
    reset = await shop.staff.make_link(shop.act(BOB))
    for wrong in ((OWNER, GUESS), (GUESS, GUESS)):
        with pytest.raises(WrongCredentials):
            await shop.sign_in(*wrong)
    started = await shop.staff.start_second_factor(
        StartSecondFactor(by=shop.owner, password=secret(PASSWORD))
    )
    authenticator = pyotp.TOTP(started.secret.get_secret_value())
    holds = await shop.staff.confirm_second_factor(
        ConfirmSecondFactor(by=shop.owner, code=secret(authenticator.at(shop.now)))
    )
    shop.owner = session(holds.signed_in)
    shop.later(seconds=30)
    challenge = (await shop.sign_in()).challenge
    assert challenge is not None
    answered = await shop.staff.answer_challenge(
        AnswerChallenge(challenge=challenge, code=secret(authenticator.at(shop.now)))
    )
    renewed = await shop.staff.renew_recovery_codes(
        RenewRecoveryCodes(by=shop.owner, password=secret(PASSWORD))
    )
    token = await shop.staff.create_token(
        CreateToken(by=shop.owner, name="token", scopes=("stock.read",))
    )
    await shop.may(Credential(token=token.secret), "stock.read")
    changed = await shop.staff.change_password(
        ChangePassword(by=shop.owner, current=secret(PASSWORD), new=secret(NEW))
    )
    shop.owner = session(changed)
    opened = (signed_in, holds.signed_in, answered, changed)
    secrets += [
        one.get_secret_value()
        for one in (
            *(link, reset.link, challenge, token.secret),
            *(each.session for each in opened),
            *(each.device for each in opened),
            *holds.recovery_codes,
            *renewed.recovery_codes,
        )
    ]
    return secrets, started.secret.get_secret_value()


async def test_nothing_that_staff_writes_tells_a_secret(
    shop: ComposedStaff, admin: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets, authenticator = await live(shop)
    assert len(secrets) == len(set(secrets)) > 30
    kept = await everything_in(admin)
    assert OWNER in kept, "the state was not even looked at"
    assert found(tuple(secrets), kept) == []
    assert kept.count(authenticator) == 1, "it is in the credentials, and nowhere else"
    log = repr(await shop.rows()) + caplog.text
    export = await shop.staff.export_audit(ExportAudit(by=shop.owner))
    assert "second_factor_added" in export.csv
    assert found((*secrets, authenticator), log + export.csv) == []


class Buggy:
    """Staff with a bug of the kind that tells all it knows."""

    async def sign_in(self, request: SignIn) -> None:
        raise RuntimeError(f"what is this: {request!r}")


async def test_a_bug_tells_no_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = SignIn(email=OWNER, password=secret(GUESS)).model_dump_json()
    assert GUESS in body, "the password has to reach staff"
    kind, answer = await Endpoint(StaffApi, Buggy())("sign_in", body.encode(), 1.0)
    assert kind == "failed"
    assert "what is this" in caplog.text, "the bug was not even logged"
    assert found((GUESS,), caplog.text + answer.decode()) == []

"""One's own password and second factor."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pyotp
import pytest

from deployments.staff.contract.account import (
    ChangePassword,
    ChangeProfile,
    ConfirmSecondFactor,
    NoSecondFactor,
    RemoveSecondFactor,
    RenewRecoveryCodes,
    StartSecondFactor,
    WrongCode,
)
from deployments.staff.contract.credentials import Credential, Origin
from deployments.staff.contract.sign_in import (
    AcceptLink,
    AnswerChallenge,
    SignedIn,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from deployments.staff.domain.sign_in import (
    BY_ACCOUNT,
    BY_ADDRESS,
    CHALLENGE_LASTS,
    CHALLENGE_TRIES,
)
from tests.unit.staff.composed_staff import HOME, OWNER, PASSWORD, ComposedStaff, secret, session

NEW = "a wholly new password"


class Protected(NamedTuple):
    """An owner with a second factor."""

    shop: ComposedStaff
    authenticator: pyotp.TOTP
    codes: list[str]

    def code(self) -> str:
        return str(self.authenticator.at(self.shop.now))

    async def challenge(self) -> str:
        step = await self.shop.sign_in()
        assert step.signed_in is None
        assert step.challenge is not None
        return step.challenge.get_secret_value()

    async def answer(self, challenge: str, code: str) -> SignedIn:
        return await self.shop.other.answer_challenge(
            AnswerChallenge(
                challenge=secret(challenge), code=secret(code), origin=Origin(address=HOME)
            )
        )


@pytest.fixture
async def protected(owned: ComposedStaff) -> Protected:
    started = await owned.staff.start_second_factor(
        StartSecondFactor(by=owned.owner, password=secret(PASSWORD))
    )
    authenticator = pyotp.parse_uri(started.uri.get_secret_value())
    assert isinstance(authenticator, pyotp.TOTP)
    code = secret(authenticator.at(owned.now))
    holds = await owned.staff.confirm_second_factor(ConfirmSecondFactor(by=owned.owner, code=code))
    assert not await owned.is_open(owned.owner), "the session was not replaced"
    owned.owner = session(holds.signed_in)
    owned.later(seconds=30)
    codes = [one.get_secret_value() for one in holds.recovery_codes]
    return Protected(owned, authenticator, codes)


def changing(by: Credential, current: str, new: str = NEW) -> ChangePassword:
    return ChangePassword(
        by=by, current=secret(current), new=secret(new), origin=Origin(address=HOME)
    )


async def test_a_password_is_changed_by_whoever_knows_it(owned: ComposedStaff) -> None:
    elsewhere = await owned.enter()
    opened = await owned.staff.change_password(changing(owned.owner, PASSWORD))
    assert not await owned.is_open(elsewhere)
    assert not await owned.is_open(owned.owner), "the session was not replaced"
    assert await owned.is_open(session(opened))
    with pytest.raises(WrongCredentials):
        await owned.sign_in(OWNER, PASSWORD)
    assert await owned.is_open(await owned.enter(OWNER, NEW))


async def test_another_password_makes_devices_unknown(owned: ComposedStaff) -> None:
    known = (await owned.sign_in()).signed_in
    assert known is not None
    await owned.staff.change_password(changing(owned.owner, PASSWORD))
    origin = Origin(address=HOME, device=known.device)
    for _ in range(BY_ACCOUNT.free + 1):
        with pytest.raises(WrongCredentials):
            await owned.sign_in(OWNER, PASSWORD, Origin(address=HOME))
    with pytest.raises(TooManyAttempts):
        await owned.sign_in(OWNER, NEW, origin)


async def test_a_stolen_session_does_not_do_to_change_the_password(owned: ComposedStaff) -> None:
    with pytest.raises(WeakPassword):
        await owned.staff.change_password(changing(owned.owner, PASSWORD, "short"))
    for _ in range(BY_ACCOUNT.free + 1):
        with pytest.raises(WrongCredentials):
            await owned.staff.change_password(changing(owned.owner, "guessed password"))
    with pytest.raises(TooManyAttempts):
        await owned.staff.change_password(changing(owned.owner, PASSWORD))
    assert await owned.is_open(await owned.enter()), "others wait for the session"


async def test_a_name_and_a_language_are_ones_own(owned: ComposedStaff) -> None:
    asked = ChangeProfile(by=owned.owner, name="Ada L.", locale="de")
    changed = [await owned.staff.change_profile(asked) for _ in range(2)]
    assert changed[0] == changed[1]
    assert (changed[0].name, changed[0].locale) == ("Ada L.", "de")
    assert (await owned.log())[-1].before == {"name": "Ada", "locale": "en"}


async def test_a_code_is_asked_for_and_opens_a_session(protected: Protected) -> None:
    opened = await protected.answer(await protected.challenge(), protected.code())
    who = await protected.shop.may(session(opened))
    assert who.second_factor
    assert (await protected.shop.log())[-1].after == {"by": "authenticator"}


async def test_a_second_factor_takes_the_attempt_back(protected: Protected) -> None:
    for _ in range(BY_ADDRESS.free + 5):
        await protected.answer(await protected.challenge(), protected.code())
        protected.shop.later(seconds=30)


async def test_a_code_is_good_once(protected: Protected) -> None:
    code = protected.code()
    challenges = [await protected.challenge() for _ in range(4)]
    outcomes = await asyncio.gather(
        *(protected.answer(one, code) for one in challenges), return_exceptions=True
    )
    assert sum(isinstance(one, SignedIn) for one in outcomes) == 1
    assert sum(isinstance(one, WrongCredentials) for one in outcomes) == 3
    protected.shop.later(seconds=30)
    with pytest.raises(WrongCredentials):
        await protected.answer(await protected.challenge(), code)
    await protected.answer(await protected.challenge(), protected.code())


async def test_a_code_is_good_for_about_its_half_minute(protected: Protected) -> None:
    code = protected.code()
    protected.shop.later(seconds=75)
    with pytest.raises(WrongCredentials):
        await protected.answer(await protected.challenge(), code)


async def test_the_code_that_confirmed_does_not_sign_in(owned: ComposedStaff) -> None:
    started = await owned.staff.start_second_factor(
        StartSecondFactor(by=owned.owner, password=secret(PASSWORD))
    )
    authenticator = pyotp.TOTP(started.secret.get_secret_value())
    code = authenticator.at(owned.now)
    confirming = ConfirmSecondFactor(by=owned.owner, code=secret(code))
    await owned.staff.confirm_second_factor(confirming)
    challenge = (await owned.sign_in()).challenge
    assert challenge is not None
    with pytest.raises(WrongCredentials):
        await owned.staff.answer_challenge(AnswerChallenge(challenge=challenge, code=secret(code)))


async def test_a_challenge_is_answered_once_and_a_few_times_at_most(protected: Protected) -> None:
    challenge = await protected.challenge()
    for _ in range(CHALLENGE_TRIES):
        with pytest.raises(WrongCredentials):
            await protected.answer(challenge, "000000")
    with pytest.raises(WrongCredentials):
        await protected.answer(challenge, protected.code())
    other = await protected.challenge()
    await protected.answer(other, protected.code())
    protected.shop.later(seconds=30)
    with pytest.raises(WrongCredentials):
        await protected.answer(other, protected.code())


async def test_a_challenge_ends(protected: Protected) -> None:
    challenge = await protected.challenge()
    protected.shop.now += CHALLENGE_LASTS
    with pytest.raises(WrongCredentials):
        await protected.answer(challenge, protected.code())


async def test_a_challenge_is_worth_nothing_after_the_password_was_changed(
    protected: Protected,
) -> None:
    challenge = await protected.challenge()
    await protected.shop.staff.change_password(changing(protected.shop.owner, PASSWORD))
    with pytest.raises(WrongCredentials):
        await protected.answer(challenge, protected.code())


async def test_a_recovery_code_stands_in_once(protected: Protected) -> None:
    code = protected.codes[3]
    await protected.answer(await protected.challenge(), f" {code.upper().replace('-', ' ')} ")
    assert (await protected.shop.log())[-1].after == {"by": "recovery code"}
    with pytest.raises(WrongCredentials):
        await protected.answer(await protected.challenge(), code)
    await protected.answer(await protected.challenge(), protected.codes[4])


async def test_new_recovery_codes_replace_the_old(protected: Protected) -> None:
    shop = protected.shop
    renewed = await shop.staff.renew_recovery_codes(
        RenewRecoveryCodes(by=shop.owner, password=secret(PASSWORD))
    )
    with pytest.raises(WrongCredentials):
        await protected.answer(await protected.challenge(), protected.codes[0])
    fresh = renewed.recovery_codes[0].get_secret_value()
    await protected.answer(await protected.challenge(), fresh)


async def test_a_second_factor_is_removed_by_its_owner(protected: Protected) -> None:
    shop = protected.shop
    removing = RemoveSecondFactor(by=shop.owner, password=secret(PASSWORD))
    await shop.staff.remove_second_factor(removing)
    assert await shop.is_open(shop.owner)
    assert (await shop.sign_in()).signed_in is not None
    with pytest.raises(NoSecondFactor):
        await shop.staff.remove_second_factor(removing)
    with pytest.raises(NoSecondFactor):
        await shop.staff.renew_recovery_codes(
            RenewRecoveryCodes(by=shop.owner, password=secret(PASSWORD))
        )


async def test_a_lost_second_factor_is_forgotten_by_an_owner(protected: Protected) -> None:
    shop = protected.shop
    bob = await shop.employ("bob@example.org", "owner")
    asked = shop.act(OWNER, "lost his telephone").model_copy(update={"by": bob})
    for _ in range(2):
        assert not (await shop.staff.forget_second_factor(asked)).second_factor
    assert not await shop.is_open(shop.owner)
    assert (await shop.sign_in()).signed_in is not None


async def test_a_link_does_not_stand_for_the_second_factor(protected: Protected) -> None:
    shop = protected.shop
    link = (await shop.staff.make_link(shop.act(OWNER))).link
    step = await shop.staff.accept_link(AcceptLink(link=link, password=secret(NEW)))
    assert (step.signed_in, step.challenge) == (None, None)
    challenge = (await shop.sign_in(OWNER, NEW)).challenge
    assert challenge is not None
    await protected.answer(challenge.get_secret_value(), protected.code())


async def test_a_wrong_code_confirms_nothing(owned: ComposedStaff) -> None:
    confirming = ConfirmSecondFactor(by=owned.owner, code=secret("123456"))
    with pytest.raises(WrongCode):
        await owned.staff.confirm_second_factor(confirming)
    starting = StartSecondFactor(by=owned.owner, password=secret("guessed"))
    with pytest.raises(WrongCredentials):
        await owned.staff.start_second_factor(starting)
    older = await owned.staff.start_second_factor(
        StartSecondFactor(by=owned.owner, password=secret(PASSWORD))
    )
    await owned.staff.start_second_factor(
        StartSecondFactor(by=owned.owner, password=secret(PASSWORD))
    )
    code = pyotp.TOTP(older.secret.get_secret_value()).at(owned.now)
    with pytest.raises(WrongCode):
        await owned.staff.confirm_second_factor(
            ConfirmSecondFactor(by=owned.owner, code=secret(code))
        )
    assert (await owned.sign_in()).signed_in is not None

"""Whatever a program sends to the back office, with a token of each role: never a failure, and
never more than the role allows.
"""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from deployments.staff.contract.credentials import Credential
from deployments.staff.contract.permissions import ROLES, Role
from deployments.staff.contract.tokens import CreateToken
from deployments.staff.domain.permissions import ALLOWED, TOKEN_SCOPES, in_order
from tests.conftest import ClientOf
from tests.fuzz.fuzzing import Witness, fuzz
from tests.served import served
from tests.unit.backoffice.declared import routes
from tests.unit.backoffice.office import Office

pytestmark = pytest.mark.long
EXAMPLES = 5
UNCHECKED = (
    "positive_data_acceptance",
    "unsupported_method",
    "allow_header_conformance",
    "negative_data_rejection",
)


async def token_of(office: Office, role: Role) -> str:
    """A token of somebody in this role, for all that it allows."""
    await office.colleague(role, email=f"{role}@example.org")
    browser = await office.sign_in(f"{role}@example.org")
    session = SecretStr(browser.http.cookies["fieldhouse-session"])
    scopes = in_order(ALLOWED[role] & TOKEN_SCOPES)
    asked = CreateToken(by=Credential(session=session), name="fuzzer", scopes=scopes)
    made = await office.staff.create_token(asked)
    return made.secret.get_secret_value()


@pytest.mark.parametrize("role", ROLES)
async def test_no_input_makes_the_back_office_fail_or_a_role_do_more(
    role: Role, redis_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_RATE_LIMITS", "off")
    office = Office(redis_of)
    await office.host.start(consume=False)
    try:
        token = await token_of(office, role)
        witness = Witness(office.app)
        async with served(witness) as url:
            # What is valid is refused where the role does not allow it; an action's name is a SKU
            # of another one's path; of what is said twice in a set one is taken.
            unchecked = ("--exclude-checks", ",".join(UNCHECKED))
            bearer = ("--header", f"Authorization: Bearer {token}")
            document = f"{url}/admin/api/openapi.json"
            told = await fuzz(document, *bearer, *unchecked, examples=EXAMPLES)
    finally:
        await office.host.stop()
    assert not told, told
    for action in routes().actions():
        seen = witness.statuses(action.method, f"/admin{action.path}")
        assert seen, f"{action.path} was not asked"
        if action.needs not in ALLOWED[role]:
            assert seen <= {401, 403}, f"{role} was answered {sorted(seen)} by {action.path}"

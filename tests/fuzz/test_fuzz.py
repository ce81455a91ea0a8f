"""Whatever the API's document allows, and what it does not: never a failure, and never an answer
that the document does not know.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.openapi import public_operations
from deployments.foundation.objects.object_store import Objects, key_of
from tests.conftest import ClientOf
from tests.fuzz.fuzzing import Witness, fuzz
from tests.in_process import mail_token, store_in_process
from tests.served import served


async def test_no_input_makes_the_store_fail_or_leave_its_document(
    redis_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELDHOUSE_PICTURES", str(tmp_path))
    key = key_of(b"a picture", "png")
    await Objects(str(tmp_path)).put(key, b"a picture", "image/png")
    mail = await mail_token(redis_of, "ada@example.com")
    known = {"FUZZ_MAIL_TOKEN": mail, "FUZZ_PICTURE_KEY": key}
    async with store_in_process(redis_of) as store:
        witness = Witness(store.app())
        async with served(witness) as url:
            told = await fuzz(f"{url}/.well-known/openapi.json", examples=20, **known)
    assert not told, told
    for prefix, operations in public_operations().items():
        for one in operations:
            seen = witness.statuses(one.method, f"{prefix}{one.path}".rstrip("/"))
            assert set(one.answers) <= seen, f"{one.id} was answered with {sorted(seen)} only"

"""What the tests of the back office may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deployments.backoffice.guard import ANYBODY, PageRoute
from deployments.backoffice.tokens import Action
from tests.conftest import ClientOf
from tests.unit.backoffice.declared import routes
from tests.unit.backoffice.office import Office


@pytest.fixture
async def office(
    redis_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """A shop whose back office is asked; a test that starts it leaves nothing running."""
    monkeypatch.setenv("FIELDHOUSE_PICTURES", str(tmp_path / "pictures"))
    office = Office(redis_of)
    yield office
    await office.host.stop()


@pytest.fixture
def pages() -> list[PageRoute]:
    """Every page."""
    return routes().pages()


@pytest.fixture
def actions() -> list[Action]:
    """Every action of the API."""
    return routes().actions()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for each page, each one that needs a permission, or each that takes a form."""
    every = routes().pages()
    choices = {
        "page": every,
        "guarded": [one for one in every if one.needs != ANYBODY],
        "posted": [one for one in every if one.method == "POST"],
    }
    for name, pages in choices.items():
        if name in metafunc.fixturenames:
            ids = [f"{one.method} {one.path}" for one in pages]
            metafunc.parametrize(name, pages, ids=ids)

"""Every message and refusal survives the wire, and none changes unnoticed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from deployments.foundation.refusal import from_wire, to_wire
from tests.contract.rooms import adapters, contracts, example, refusals
from tests.contract.schemas import KEPT, current

CROSSING = [
    pytest.param(adapter, id=f"{room}.{name}")
    for room in contracts()
    for name, adapter in adapters(room)
]
REFUSALS = [pytest.param(kind, id=kind.__name__) for room in contracts() for kind in refusals(room)]


@pytest.mark.parametrize("adapter", CROSSING)
def test_a_message_survives_the_wire(adapter: TypeAdapter[Any]) -> None:
    message = adapter.validate_python(example(adapter.json_schema()))
    arrived = adapter.validate_json(adapter.dump_json(message))
    assert adapter.dump_python(arrived) == adapter.dump_python(message)


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_arrives_as_itself(kind: type[Any]) -> None:
    refusal = TypeAdapter(kind).validate_python(example(TypeAdapter(kind).json_schema()))
    arrived = from_wire(*to_wire(refusal))
    assert type(arrived) is kind
    assert vars(arrived) == vars(refusal)
    assert kind.code != "refused"


@pytest.mark.parametrize("room", contracts())
def test_a_contract_does_not_change_unnoticed(room: str) -> None:
    """If the change is meant, run `python -m tests.contract.schemas` and review the diff."""
    assert current(room) == (KEPT / f"{room}.json").read_text()

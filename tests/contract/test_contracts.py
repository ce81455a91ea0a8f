"""Every message and rejection survives the wire, and none changes unnoticed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from deployments.foundation.rpc.rejection import from_wire, to_wire
from tests.contract.schemas import KEPT, current
from tests.contract.services import adapters, contracts, example, rejections

CROSSING = [
    pytest.param(adapter, id=f"{service}.{name}")
    for service in contracts()
    for name, adapter in adapters(service)
]
REJECTIONS = [
    pytest.param(kind, id=kind.__name__) for service in contracts() for kind in rejections(service)
]


@pytest.mark.parametrize("adapter", CROSSING)
def test_a_message_survives_the_wire(adapter: TypeAdapter[Any]) -> None:
    message = adapter.validate_python(example(adapter.json_schema()))
    arrived = adapter.validate_json(adapter.dump_json(message))
    assert adapter.dump_python(arrived) == adapter.dump_python(message)


@pytest.mark.parametrize("kind", REJECTIONS)
def test_a_rejection_arrives_as_itself(kind: type[Any]) -> None:
    rejection = TypeAdapter(kind).validate_python(example(TypeAdapter(kind).json_schema()))
    arrived = from_wire(*to_wire(rejection))
    assert type(arrived) is kind
    assert vars(arrived) == vars(rejection)


@pytest.mark.parametrize("service", contracts())
def test_a_rejections_code_begins_with_its_service(service: str) -> None:
    """So that codes are unique in the store; a class with another's code is not even created."""
    assert {kind.code.partition(".")[0] for kind in rejections(service)} <= {service}


@pytest.mark.parametrize("service", contracts())
def test_a_contract_does_not_change_unnoticed(service: str) -> None:
    """If the change is meant, run `python -m tests.contract.schemas` and review the diff."""
    assert current(service) == (KEPT / f"{service}.json").read_text()

"""What tells requests apart that come under one idempotency key."""

from __future__ import annotations

import pytest

from deployments.foundation.http.idempotency import RequestKey, request_key

FIRST = request_key("acme", "k1", "complete", "/sessions/1/complete", b"{}")


def test_the_same_request_has_the_same_record_and_fingerprint() -> None:
    assert request_key("acme", "k1", "complete", "/sessions/1/complete", b"{}") == FIRST


@pytest.mark.parametrize(
    "other",
    [
        request_key("umbrella", "k1", "complete", "/sessions/1/complete", b"{}"),
        request_key("acme", "k2", "complete", "/sessions/1/complete", b"{}"),
        request_key("acme", "k1", "create", "/sessions/1/complete", b"{}"),
    ],
    ids=["platform", "key", "operation"],
)
def test_each_platform_key_and_operation_has_a_record_of_its_own(other: RequestKey) -> None:
    assert other.name != FIRST.name


@pytest.mark.parametrize(
    "other",
    [
        request_key("acme", "k1", "complete", "/sessions/2/complete", b"{}"),
        request_key("acme", "k1", "complete", "/sessions/1/complete", b"[]"),
    ],
    ids=["path", "body"],
)
def test_another_path_or_body_under_the_same_key_is_another_request(other: RequestKey) -> None:
    assert other.name == FIRST.name
    assert other.fingerprint != FIRST.fingerprint


def test_without_a_key_nothing_is_remembered() -> None:
    assert request_key("acme", None, "complete", "/", b"{}") == RequestKey()

"""Objects in a directory and in a bucket of a real server: written, read, absent, out of reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commands.ports import free_port
from deployments.foundation.objects.object_store import Objects, key_of
from deployments.foundation.rpc.calls import DependencyUnavailable
from tests.s3_server import BUCKET, s3_server

CONTENT = bytes(range(256)) * 400
KEY = key_of(CONTENT, "png")


@pytest.fixture(scope="module")
async def bucket(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, str]]:
    async with s3_server(tmp_path_factory.mktemp("s3")) as variables:
        yield variables


@pytest.fixture(params=["directory", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where they are, which may have been told by the environment."""
    if request.param == "directory":
        return str(tmp_path / "not" / "there" / "yet")
    for name, value in request.getfixturevalue("bucket").items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/shop"


async def test_what_is_written_is_read(place: str) -> None:
    objects, other = Objects(place), Objects(place)
    assert (await objects.get(KEY), await objects.has(KEY)) == (None, False)
    for _ in range(2):
        await objects.put(KEY, CONTENT, "image/png")
    assert (await other.get(KEY), await other.has(KEY)) == (CONTENT, True)


async def test_a_key_comes_of_the_content() -> None:
    assert key_of(b"a", "png") != key_of(b"b", "png")
    assert key_of(b"", "jpg") == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.jpg"
    )


async def test_a_bucket_keeps_them_apart_by_path(
    bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bucket.items():
        monkeypatch.setenv(name, value)
    await Objects(f"s3://{BUCKET}/one").put(KEY, CONTENT, "image/png")
    assert not await Objects(f"s3://{BUCKET}/two").has(KEY)
    assert await Objects(f"s3://{BUCKET}").has(f"one/{KEY}")


@pytest.mark.parametrize(
    "wrong",
    [{"AWS_SECRET_ACCESS_KEY": "another"}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:PORT"}],
    ids=["secret", "nobody there"],
)
async def test_a_bucket_that_does_not_answer_is_unavailable(
    bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    for name, value in {**bucket, **wrong}.items():
        monkeypatch.setenv(name, value.replace("PORT", str(free_port())))
    objects = Objects(f"s3://{BUCKET}")
    with pytest.raises(DependencyUnavailable) as failed:
        await objects.get(KEY)
    assert bucket["AWS_SECRET_ACCESS_KEY"] not in str(failed.value)
    with pytest.raises(DependencyUnavailable):
        await objects.put(KEY, CONTENT, "image/png")


async def test_a_directory_that_is_none_is_unavailable(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(DependencyUnavailable):
        await Objects(str(file)).put(KEY, CONTENT, "image/png")


async def test_no_more_are_asked_for_at_once_than_are_answered_soon(tmp_path: Path) -> None:
    objects = Objects(str(tmp_path))
    await objects.put(KEY, CONTENT, "image/png")
    found = await asyncio.gather(*(objects.get(KEY) for _ in range(80)), return_exceptions=True)
    assert found[:64] == [CONTENT] * 64
    assert {type(one) for one in found[64:]} == {DependencyUnavailable}
    assert await objects.get(KEY) == CONTENT


async def test_all_are_listed_and_each_can_go(place: str) -> None:
    objects = Objects(f"{place}/listed")
    assert [keys async for keys in objects.listed()] == []
    contents = {key_of(bytes([n]), "png"): bytes([n]) for n in range(30)}
    for key, content in contents.items():
        await objects.put(key, content, "image/png")
    listed = [key async for keys in objects.listed() for key in keys]
    assert sorted(listed) == sorted(contents)
    gone = listed[0]
    for _ in range(2):
        await objects.delete(gone)
    assert {key async for keys in objects.listed() for key in keys} == contents.keys() - {gone}
    for key in listed:
        await objects.delete(key)

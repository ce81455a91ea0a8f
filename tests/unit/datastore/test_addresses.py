"""What Redis URLs say, and what is said of those that make no sense."""

from __future__ import annotations

import pytest

from deployments.foundation.redis.addresses import address_of, server_name


def test_sentinels_with_a_database_and_tls() -> None:
    found = address_of(
        "rediss+sentinel://me:p%40ss@a.example:1,[::1],c/the-shop/2"
        "?ssl_ca_certs=/ca.pem&sentinel_username=watch&sentinel_password=w%26d"
    )
    assert found.kind == "sentinel"
    assert found.hosts == (("a.example", 1), ("::1", 26379), ("c", 26379))
    assert found.primary == "the-shop"
    assert found.speaks_tls
    assert found.of_sentinels == (("username", "watch"), ("password", "w&d"))
    assert {k: v for k, v in found.options.items() if k != "connection_class"} == {
        "username": "me",
        "password": "p@ss",
        "db": 2,
        "ssl_ca_certs": "/ca.pem",
    }


def test_a_cluster() -> None:
    found = address_of("redis+cluster://me:pw@a:7000,b:7001")
    assert (found.kind, found.hosts) == ("cluster", (("a", 7000), ("b", 7001)))
    assert found.options == {"username": "me", "password": "pw"}
    assert not found.speaks_tls


def test_one_server_is_entered_as_redis_py_says() -> None:
    assert address_of("redis://me:pw@a:7000/3").options["db"] == 3
    assert address_of("unix://me:pw@/s.sock").options["path"] == "/s.sock"
    assert address_of("redis://a").is_one_server


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://a", "Redis URL must specify"),
        ("http+sentinel://a/shop", "begins with"),
        ("redis+ring://a", "begins with"),
        ("redis+sentinel://me:pass-word@a:1", "ends with the primary's name"),
        ("redis+cluster://me:pass-word@", "at least one host"),
        ("redis+cluster://a:1,:2", "host:port"),
        ("redis+cluster://a:1/4", "one database"),
        ("redis+cluster://a:1x", "Port could not be cast"),
    ],
)
def test_what_makes_no_sense_is_a_sentence_without_a_secret(url: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        address_of(url)
    assert "pass-word" not in str(refused.value)


def test_a_servers_name_tells_no_secret() -> None:
    url = "redis+sentinel://me:pw@a:1,b:2/shop?sentinel_password=pw"
    assert server_name(url) == "redis+sentinel://a:1,b:2/shop"

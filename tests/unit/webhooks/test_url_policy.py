"""Which URLs and addresses the store sends to, at registration and at every delivery."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.webhooks.contract import UrlRefused
from deployments.webhooks.url_policy import is_internet, parse_url, permitted, shown
from tests.conftest import ClientOf
from tests.eventually import eventually
from tests.unit.webhooks.composed_webhooks import ComposedWebhooks, Names
from tests.unit.webhooks.receiver import Receiver, receiver

INTERNAL = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255"),
    *("127.0.0.1", "127.9.9.9", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "224.0.1.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1"),
    *("2002:7f00:1::", "2002:c000:204::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254"),
    *("fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1"),
]
INTERNET = [
    *("1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "::ffff:1.1.1.1"),
    *("2606:4700::1111", "2a00:1450:4001:81b::200e", "64:ff9b::101:101"),
]


@pytest.mark.parametrize("address", INTERNAL)
def test_what_is_not_the_internet_is_refused(address: str) -> None:
    known = ipaddress.ip_address(address)
    assert not is_internet(known)
    assert not permitted(known, scheme="https", loopback=False)


@pytest.mark.parametrize("address", INTERNET)
def test_the_internet_is_taken_over_tls(address: str) -> None:
    known = ipaddress.ip_address(address)
    assert permitted(known, scheme="https", loopback=False)
    assert not permitted(known, scheme="http", loopback=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_taken_where_it_is_allowed(address: str) -> None:
    known = ipaddress.ip_address(address)
    assert permitted(known, scheme="http", loopback=True)
    assert permitted(known, scheme="https", loopback=True)


@pytest.mark.parametrize("address", [one for one in INTERNAL if "127" not in one and one != "::1"])
def test_nothing_else_is_taken_then(address: str) -> None:
    if "7f00" not in address:
        assert not permitted(ipaddress.ip_address(address), scheme="https", loopback=True)


@given(st.ip_addresses())
def test_an_address_is_the_internet_only_if_it_is_nothing_else(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_internet(address):
        kinds = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_unspecified")
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        assert not any(getattr(address, kind) for kind in kinds)


BAD = [
    *("", "hooks.example", "/hooks", "//hooks.example/", "ftp://hooks.example/", "https://"),
    *("http://hooks.example/", "https:///hooks", "javascript:alert(1)", "file:///etc/passwd"),
    *(
        "https://user@hooks.example/",
        "https://user:secret@hooks.example/",
    ),
    *("https://hooks.example/#top", "https://hooks.example/#", "https://hooks.example:0/"),
    *("https://hooks.example:65536/", "https://2130706433/", "https://0x7f000001/"),
    *("https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./"),
    *("https://1.2.3/", "https://0/", "https://hooks.example\\@10.0.0.1/", "https://[::1"),
    *("https://hooks.example/\n", "https://ho oks.example/", "https://hooks.example:port/"),
    "https://hooks.example/" + "a" * 2048,
]


@pytest.mark.parametrize("url", BAD)
def test_a_url_that_is_no_endpoint_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused):
        parse_url(url, loopback=False)


def test_a_url_has_one_spelling() -> None:
    spellings = ("HOOKS.example", "hooks.example:443", "@hooks.example")
    for url in [f"https://{one}/a" for one in spellings]:
        assert str(parse_url(url, loopback=False)) == "https://hooks.example/a"


def test_what_may_be_a_secret_in_a_url_is_not_shown() -> None:
    assert shown("https://hooks.example/a?token=s3cret") == "https://hooks.example/a?…"
    assert shown("https://hooks.example/a") == "https://hooks.example/a"


def names(**known: list[str]) -> Names:
    return Names({f"{name}.example": addresses for name, addresses in known.items()})


@pytest.mark.parametrize("address", [one for one in INTERNAL if "%" not in one])
async def test_registration_refuses_names_and_literals_of_such_addresses(
    redis_of: ClientOf, address: str
) -> None:
    resolve = names(inside=[address], both=["1.1.1.1", address])
    resolve.known[address] = [address]
    webhooks = ComposedWebhooks(redis_of, resolve=resolve, loopback=False)
    host = f"[{address}]" if ":" in address else address
    for url in ("https://inside.example/", "https://both.example/", f"https://{host}/"):
        with pytest.raises(UrlRefused) as refused:
            await webhooks.register(url)
        # Who registers learns nothing of the store's own network.
        assert address not in refused.value.sentence
    assert await webhooks.endpoints() == ()


async def test_a_public_name_is_registered_and_an_unknown_one_is_not(redis_of: ClientOf) -> None:
    webhooks = ComposedWebhooks(
        redis_of, resolve=names(outside=["1.1.1.1", "2606:4700::1111"]), loopback=False
    )
    await webhooks.register("https://outside.example/")
    with pytest.raises(UrlRefused, match="has no address"):
        await webhooks.register("https://nowhere.example/")


async def test_loopback_is_refused_unless_it_is_allowed(redis_of: ClientOf) -> None:
    async with receiver() as hooks:
        for allowed in (False, True):
            webhooks = ComposedWebhooks(redis_of, loopback=allowed)
            if allowed:
                await webhooks.register(hooks.url)
            else:
                for url in (hooks.url, hooks.url.replace("http:", "https:")):
                    with pytest.raises(UrlRefused):
                        await webhooks.register(url)


async def test_a_name_that_later_leads_inside_is_not_followed(
    redis_of: ClientOf, hooks: Receiver
) -> None:
    """The receiver is on the loopback, which this store does not send to."""
    resolve = names(rebinding=["1.1.1.1"])
    webhooks = ComposedWebhooks(redis_of, resolve=resolve, loopback=False)
    port = hooks.url.rsplit(":", 1)[1]
    await webhooks.register(f"https://rebinding.example:{port}")
    resolve.known["rebinding.example"] = ["127.0.0.1"]
    await webhooks.place()
    await webhooks.queued()
    async with webhooks.dispatching():
        await eventually(lambda: _fails(webhooks))
    (endpoint,) = await webhooks.endpoints()
    assert endpoint.last_error == "the host has an address that is not public"
    assert hooks.received == []


async def test_each_attempt_asks_for_the_address_once_and_goes_to_that(
    redis_of: ClientOf, hooks: Receiver
) -> None:
    """A second question, by whoever connects, could be answered otherwise."""
    resolve = names(hooks=["127.0.0.1"])
    webhooks = ComposedWebhooks(redis_of, resolve=resolve)
    port = hooks.url.rsplit(":", 1)[1]
    await webhooks.register(f"http://hooks.example:{port}")
    resolve.asked.clear()
    await webhooks.place()
    await webhooks.queued()

    async def arrived() -> bool:
        return bool(hooks.taken)

    async with webhooks.dispatching():
        await eventually(arrived)
    assert resolve.asked == ["hooks.example"]
    assert hooks.taken[0].headers["host"] == f"hooks.example:{port.split('/')[0]}"


async def _fails(webhooks: ComposedWebhooks) -> bool:
    return (await webhooks.endpoints())[0].state == "failing"

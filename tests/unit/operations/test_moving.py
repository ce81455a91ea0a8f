"""Services move from node to node by being started anew, and what is left on a node is known."""

from __future__ import annotations

import pytest

from commands.cluster.declaration import declaration, with_what_stays
from commands.cluster.moving import anew, movable_on, on_one_node
from commands.cluster.nodes import (
    NoSuchNodeError,
    OnlyNodeError,
    WorkerNode,
    other_than,
    worker_node,
)
from commands.deploying.serve_control import Declared
from commands.run_settings import APART


def test_what_was_moved_from_a_node_stays_away_from_it() -> None:
    wanted = declaration(APART, host="0.0.0.0", port=80)
    moved = anew(wanted, "orders", "now", away_from="a1")
    apps = {app["name"]: app for app in moved["applications"]}
    assert with_what_stays(wanted, apps) == moved
    back = anew(moved, "orders", "later", away_from=None)
    before, after = (one["applications"][5]["deployments"] for one in (wanted, back))
    assert before == after, "nobody is kept from a node that may be gone"


def test_an_application_that_is_started_anew_is_the_only_one_and_has_the_same_code() -> None:
    wanted = declaration(APART, host="0.0.0.0", port=80)
    deployed = with_what_stays(wanted, {"orders": {"runtime_env": {"working_dir": "s3://a.zip"}}})
    moved = anew(deployed, "orders", "now", away_from="a1")
    for before, after in zip(deployed["applications"], moved["applications"], strict=True):
        assert (before == after) == (after["name"] != "orders")
        if after["name"] == "orders":
            assert after["runtime_env"]["working_dir"] == "s3://a.zip"
            (options,) = (one["ray_actor_options"] for one in after["deployments"])
            assert options == {"num_cpus": 0.1, "label_selector": {"ray.io/node-id": "!a1"}}


def placed(places: dict[str, str], *, proxies: str = "ab") -> Declared:
    """What Serve says of applications by name, each with a replica on each of these nodes; one that
    ends there is a capital letter."""
    apps = {
        name: {
            "status": "RUNNING",
            "message": "",
            "deployed_app_config": {
                "name": name,
                "deployments": [{"name": "S", "max_surge_percent": 0 if name == "one" else 100}],
            },
            "deployments": {
                "S": {
                    "replicas": [
                        {
                            "replica_id": str(n),
                            "state": "STOPPING" if node.isupper() else "RUNNING",
                            "node_id": node.lower(),
                        }
                        for n, node in enumerate(nodes)
                    ]
                }
            },
        }
        for name, nodes in places.items()
    }
    options = {"host": "0.0.0.0", "port": 80}
    said = {"proxy_location": "EveryNode", "http_options": options, "applications": apps}
    return Declared({**said, "proxies": {node: {} for node in proxies}})


def test_several_replicas_on_one_node_are_found() -> None:
    found = placed({"alone": "a", "together": "aa", "apart": "ab", "new": ""})
    assert list(on_one_node(found)) == ["together"]


def test_what_moves_from_a_node_is_what_can_start_beside_itself() -> None:
    found = placed({"alone": "a", "apart": "ab", "elsewhere": "bb", "ends": "Ab", "one": "a"})
    assert list(movable_on(found, "a")) == ["alone", "apart"], "Serve moves `one` itself"


def test_a_node_is_empty_when_nothing_ends_there_any_more() -> None:
    places = {"elsewhere": "bb", "ends": "Ab"}
    assert placed(places).on("a") == ["ends", "the proxy"]
    assert placed({"elsewhere": "bb"}, proxies="b").on("a") == []


_NODES = [WorkerNode("a1b2", "10.0.0.1"), WorkerNode("a1c3", "10.0.0.2")]


@pytest.mark.parametrize("name", ["10.0.0.2", "a1c", "a1c3"])
def test_a_node_is_named_by_its_address_or_how_its_id_begins(name: str) -> None:
    assert worker_node(_NODES, name) is _NODES[1]
    assert other_than(_NODES, _NODES[1]) == [_NODES[0]]


@pytest.mark.parametrize("name", ["10.0.0.3", "10.0.0", "a1", ""])
def test_a_node_that_is_not_named_for_sure_is_not_drained(name: str) -> None:
    with pytest.raises(NoSuchNodeError, match=r"There are: 10\.0\.0\.1 \(a1b2\), 10\.0\.0\.2"):
        worker_node(_NODES, name)


def test_the_only_node_is_not_drained() -> None:
    with pytest.raises(OnlyNodeError, match="start another one first"):
        other_than(_NODES[:1], _NODES[0])

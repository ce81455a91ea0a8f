"""What node.env says to every node of a cluster."""

from __future__ import annotations

from commands.run_settings import PROJECT

FILE = PROJECT / "node.env"
_HERE = "$PWD"


def node_variables(project: str) -> dict[str, str]:
    """Its variables, for a node on which the project is in this directory."""
    lines = FILE.read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value.replace(_HERE, project) for name, _, value in pairs}

"""Draws who calls whom and who reads whose events, in `docs/architecture.md`.

    python -m commands.architecture_page

The picture is made of `deployments/topology.py` and stands between two marks; the rest of the page
is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deployments.topology import BY_NAME, TOPOLOGY, subscribers_of

FILE = Path(__file__).parents[1] / "docs" / "architecture.md"
_BEGIN = "<!-- The picture is made by `fieldhouse events` from deployments/topology.py. -->"
_END = "<!-- The end of the picture. -->"


def text() -> str:
    """The whole page, with the picture as it should be."""
    before, _, rest = FILE.read_text().partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{picture()}\n{_END}{after}"


def picture() -> str:
    """A flowchart: calls as solid lines, events as dashed ones."""
    return "\n".join(["```mermaid", "flowchart LR", *_lines(), "```"])


def _lines() -> Iterator[str]:
    yield "  clients([apps, web shops, agents])"
    yield "  people([those who run the shop])"
    for service in TOPOLOGY:
        if service.prefix is None:
            yield f"  {service.name}[{service.name}]"
        else:
            who = "people" if service.for_staff else "clients"
            yield f'  {who} -- HTTP --> {service.name}["{service.name}<br>{service.prefix}"]'
    for service in TOPOLOGY:
        if service.calls:
            yield f"  {service.name} --> {' & '.join(service.calls)}"
    for publisher in BY_NAME:
        if subscribers := subscribers_of(publisher):
            yield f"  {publisher} -. events .-> {' & '.join(subscribers)}"
    yield "  notifications -- mail --> buyers([buyers])"
    yield "  webhooks -- signed orders --> platforms([platforms])"


if __name__ == "__main__":
    FILE.write_text(text())

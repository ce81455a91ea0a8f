"""A drawing as SVG, element by element: well-formed by construction, and readable in a diff."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

_FONT = "system-ui, sans-serif"
INK, FAINT, PAPER = "#222222", "#d0d0d0", "#ffffff"


class Drawing:
    """A white sheet of so many pixels."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._root = ET.Element(
            "svg",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width:g} {height:g}",
            width=f"{width:g}",
            height=f"{height:g}",
            role="img",
        )
        ET.SubElement(self._root, "title").text = title
        self.box(0, 0, width, height, PAPER)

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle."""
        self._add("rect", x=x, y=y, width=max(0.0, width), height=height, fill=colour)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 12,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Words that begin, end or are centred there."""
        element = self._add("text", x=x, y=y, fill=INK)
        element.set("font-size", f"{size:g}")
        element.set("font-family", _FONT)
        element.set("text-anchor", anchor)
        if bold:
            element.set("font-weight", "600")
        element.text = words

    def line(
        self, points: Sequence[tuple[float, float]], colour: str = FAINT, width: float = 1
    ) -> None:
        """A line through these points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        element = self._add("polyline", points=path, fill="none", stroke=colour)
        element.set("stroke-width", f"{width:g}")

    def dot(self, x: float, y: float, colour: str) -> None:
        """A small filled circle."""
        self._add("circle", cx=x, cy=y, r=3, fill=colour)

    def _add(self, tag: str, **attributes: float | str) -> ET.Element:
        said = {
            name: value if isinstance(value, str) else f"{value:.1f}"
            for name, value in attributes.items()
        }
        return ET.SubElement(self._root, tag, said)

    def __str__(self) -> str:
        ET.indent(self._root, " ")
        return ET.tostring(self._root, encoding="unicode") + "\n"

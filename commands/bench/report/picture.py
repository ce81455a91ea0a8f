"""The pictures of a run: rates beside those in one process, a purchase's CPU, what grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from commands.bench.report.layers import LAYERS
from commands.bench.report.summary import Summary, total
from commands.bench.report.svg import FAINT, Drawing
from commands.bench.report.table import number, of_what
from commands.bench.results import BenchRun, Growth, PlacementName
from commands.bench.rows import ROWS, TITLES
from commands.bench.stores.placements import PLACEMENTS

COLOURS: Mapping[str, str] = {
    "one": "#8a8a8a",
    "together": "#2a7de1",
    "apart": "#e07b2a",
    "vendure": "#3b3b6d",
    "services": "#2a7de1",
    "database": "#c8443a",
    "proxy": "#5aa469",
    "Serve and Ray": "#a58bd0",
}
_WIDTH, _LEFT, _RIGHT, _BAR, _GAP = 860.0, 210.0, 110.0, 13.0, 10.0
_TOP = 64.0
_PANEL = 300.0
_LINES = (
    *("#2a7de1", "#e07b2a", "#5aa469", "#c8443a", "#a58bd0", "#8a8a8a", "#1b9e9e", "#b8860b"),
    *("#d94f8a", "#5b6770"),
)


def rates(summary: Summary) -> str:
    """A bar for each row and placement: its rate as a part of that in one process."""
    rows = [row.name for row in ROWS if summary.to_one("one", row.name) is not None]
    placements = [one for one in summary.placements if one in COLOURS]
    height = _TOP + len(rows) * (len(placements) * _BAR + _GAP) + 30
    title = f"Rate at {summary.level} connections, one process = 1"
    legend = [(PLACEMENTS[one].title, COLOURS[one]) for one in placements]
    drawing = _sheet(summary, height, title, legend)
    widest = max([1.2, *(_part(summary, p, row) for row in rows for p in placements)])
    scale = (_WIDTH - _LEFT - _RIGHT) / widest
    drawing.line([(_LEFT + scale, _TOP - 4), (_LEFT + scale, height - 26)])
    y = _TOP
    for row in rows:
        drawing.text(_LEFT - 8, y + len(placements) * _BAR / 2 + 4, TITLES[row], anchor="end")
        for placement in placements:
            part = _part(summary, placement, row)
            found = summary.cell(placement, row, summary.level).rate
            drawing.box(_LEFT, y, part * scale, _BAR - 2, COLOURS[placement])
            said = f"{part:.2f}, {number(found.median if found else None)}/s"
            drawing.text(_LEFT + part * scale + 5, y + _BAR - 4, said, size=10)
            y += _BAR
        y += _GAP
    return str(drawing)


def _part(summary: Summary, placement: PlacementName, row: str) -> float:
    return summary.to_one(placement, row) or 0.0


def purchase(summary: Summary) -> str:
    """A bar for each placement: the CPU of a purchase with all that follows it, by layer."""
    costs = {one: summary.cell(one, "purchase", summary.level).cpu() for one in summary.placements}
    costs = {placement: layers for placement, layers in costs.items() if layers}
    height = _TOP + len(costs) * (2 * _BAR + _GAP) + 30
    title = "CPU of a whole purchase with all that follows it, in milliseconds"
    drawing = _sheet(summary, height, title, [(layer, COLOURS[layer]) for layer in LAYERS])
    scale = (_WIDTH - _LEFT - _RIGHT) / max([1.0, *(total(layers) for layers in costs.values())])
    y = _TOP
    for placement, layers in costs.items():
        drawing.text(_LEFT - 8, y + _BAR + 4, PLACEMENTS[placement].title, anchor="end")
        x = _LEFT
        for layer in LAYERS:
            width = layers.get(layer, 0.0) * scale
            drawing.box(x, y, width, 2 * _BAR - 2, COLOURS[layer])
            x += width
        drawing.text(x + 5, y + _BAR + 4, f"{number(total(layers))} ms")
        y += 2 * _BAR + _GAP
    return str(drawing)


def _sheet(
    summary: Summary, height: float, title: str, legend: Sequence[tuple[str, str]]
) -> Drawing:
    drawing = Drawing(_WIDTH, height, title)
    drawing.text(12, 22, title, size=15, bold=True)
    x = 12.0
    for name, colour in legend:
        drawing.box(x, 36, 11, 11, colour)
        drawing.text(x + 16, 46, name)
        x += 34 + 7 * len(name)
    drawing.line([(_LEFT, _TOP - 4), (_LEFT, height - 26)], FAINT)
    drawing.text(12, height - 8, of_what(summary.run), size=10)
    return drawing


def growth(run: BenchRun) -> str:
    """For each thing that grows, its figures as multiples of the first, by powers of ten."""
    whats = list(dict.fromkeys(one.what for one in run.growth))
    drawing = Drawing(
        _WIDTH, _TOP + len(whats) * _PANEL, "What grows, as multiples of the smallest"
    )
    drawing.text(12, 22, "What grows, as multiples of the smallest", size=15, bold=True)
    drawing.text(12, 44, of_what(run), size=10)
    for number_, what in enumerate(whats):
        sizes = [one for one in run.growth if one.what == what]
        _panel(drawing, _TOP + number_ * _PANEL, sizes)
    return str(drawing)


def _panel(drawing: Drawing, top: float, sizes: Sequence[Growth]) -> None:
    """One thing that grows; a line a figure, named where it ends."""
    names = [name for name, value in sizes[0].figures.items() if value > 0]
    series = {name: _multiples(sizes, name) for name in names}
    powers = [abs(math.log10(value)) for each in series.values() for _, value in each]
    span = max(1.0, *(math.ceil(power) for power in powers))
    right, low = _WIDTH - 200, top + _PANEL - 40
    widest = math.log10(sizes[-1].size / sizes[0].size) or 1.0

    def at(size: float, value: float) -> tuple[float, float]:
        x = 70 + math.log10(size / sizes[0].size) / widest * (right - 70)
        return x, low - (math.log10(value) + span) / (2 * span) * (_PANEL - 70)

    for power in range(-int(span), int(span) + 1):
        drawing.line([at(sizes[0].size, 10**power), at(sizes[-1].size, 10**power)])
        drawing.text(62, at(sizes[0].size, 10**power)[1] + 4, f"{10.0**power:g}", anchor="end")
    for one in sizes:
        drawing.text(at(one.size, 1)[0], low + 16, f"{one.size:,}", anchor="middle")
    drawing.text(70, low + 32, sizes[0].what, bold=True)
    ends = sorted((at(*each[-1])[1], name) for name, each in series.items())
    for number_, (_, name) in enumerate(ends):
        colour = _LINES[number_ % len(_LINES)]
        drawing.line([at(*point) for point in series[name]], colour, 2)
        y = top + 14 + number_ * min(15, (_PANEL - 50) / len(ends))
        drawing.line([at(*series[name][-1]), (right + 14, y - 3)], colour)
        drawing.text(right + 18, y, name, size=10)


def _multiples(sizes: Sequence[Growth], name: str) -> list[tuple[float, float]]:
    first = sizes[0].figures[name]
    return [(one.size, one.figures[name] / first) for one in sizes if one.figures.get(name, 0) > 0]

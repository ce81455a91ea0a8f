"""A run as three curves over time: replicas, requests a second, and their p99."""

from __future__ import annotations

import math
from collections.abc import Sequence

from commands.bench.report.svg import FAINT, Drawing
from commands.scaling.observed import ScalingRun

_WIDTH, _LEFT, _RIGHT, _TOP = 860.0, 64.0, 24.0, 46.0
_PANEL, _GAP = 110.0, 34.0
_STEP_SECONDS = 1.0
_TICKS = 30.0
_COLOURS = ("#2a7de1", "#5aa469", "#c8443a")
_SHADE = "#f3f3f3"
Points = Sequence[tuple[float, float]]


def picture(observed: ScalingRun, application: str) -> str:
    """The drawing, as SVG."""
    begin, end = observed.censuses[0].at, observed.censuses[-1].at
    moments = [begin + n * _STEP_SECONDS for n in range(math.ceil((end - begin) / _STEP_SECONDS))]
    panels: Sequence[tuple[str, Points]] = (
        (f"replicas of {application}", _steps(observed, application)),
        ("requests a second", [(at, _rate(observed, at)) for at in moments]),
        ("p99, ms", [(at, _slowest(observed, at) * 1000) for at in moments]),
    )
    title = f"{observed.connections} connections on {observed.service} for {observed.loaded:.0f} s"
    drawing = Drawing(_WIDTH, _TOP + len(panels) * (_PANEL + _GAP), title)
    drawing.text(_LEFT, 24, title, size=15, bold=True)
    for number, (name, points) in enumerate(panels):
        top = _TOP + number * (_PANEL + _GAP)
        axes = Axes(drawing, top, begin, end)
        axes.shade(observed.loaded)
        axes.curve(name, points, _COLOURS[number])
    return str(drawing)


def _steps(observed: ScalingRun, application: str) -> Points:
    """A count stays what it was until the next one."""
    points: list[tuple[float, float]] = []
    for one in observed.censuses:
        count = float(one.replicas.get(application, 0))
        if points:
            points.append((one.at, points[-1][1]))
        points.append((one.at, count))
    return points


def _rate(observed: ScalingRun, at: float) -> float:
    return len(observed.within(at, at + _STEP_SECONDS)) / _STEP_SECONDS


def _slowest(observed: ScalingRun, at: float) -> float:
    found = observed.p99(at, at + _STEP_SECONDS)
    return 0.0 if math.isnan(found) else found


class Axes:
    """One of the curves' grounds: seconds to the right, from `begin` to `end`."""

    def __init__(self, drawing: Drawing, top: float, begin: float, end: float) -> None:
        self._drawing, self._top, self._bottom = drawing, top, top + _PANEL
        self._begin, self._end = begin, end
        self._across = (_WIDTH - _LEFT - _RIGHT) / (end - begin)

    def _x(self, at: float) -> float:
        return _LEFT + (at - self._begin) * self._across

    def shade(self, loaded: float) -> None:
        """Mark the time of the load, and every half minute."""
        self._drawing.box(self._x(0), self._top, loaded * self._across, _PANEL, _SHADE)
        self._drawing.line([(_LEFT, self._bottom), (_WIDTH - _RIGHT, self._bottom)], FAINT)
        for tick in range(math.ceil(self._begin / _TICKS), int(self._end // _TICKS) + 1):
            at = self._x(tick * _TICKS)
            self._drawing.line([(at, self._bottom), (at, self._bottom + 4)])
            said = f"{tick * _TICKS:.0f} s"
            self._drawing.text(at, self._bottom + 16, said, size=10, anchor="middle")

    def curve(self, name: str, points: Points, colour: str) -> None:
        """Draw what was seen, up to the highest of it."""
        highest = max([1.0, *(value for _, value in points)])
        self._drawing.text(_LEFT - 6, self._top + 8, f"{highest:.0f}", size=10, anchor="end")
        self._drawing.text(_LEFT - 6, self._bottom, "0", size=10, anchor="end")
        self._drawing.text(_LEFT, self._top - 5, name, size=12)
        drawn = [(self._x(at), self._bottom - value / highest * _PANEL) for at, value in points]
        self._drawing.line(drawn, colour, width=1.8)

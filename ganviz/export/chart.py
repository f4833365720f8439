"""The curve beneath a film's pictures: drawn once, then only its cursor moves."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from ganviz.export import style
from ganviz.export.run_data import RunData, smoothed

FINE = 2  # drawn so many times larger and brought down, which smooths the lines
LEFT, BOTTOM, TOP, RIGHT = 46, 24, 8, 12


class Chart:
    """The losses of ``run_data`` over the steps, ``size`` px. `at` gives the chart with its cursor
    at a step."""

    def __init__(self, run_data: RunData, size: tuple[int, int]):
        self.size = size
        self._steps = run_data.rows.get("step", np.empty(0)).astype(float)
        self.curves = [
            (
                one["label"],
                style.ROLES.get(one["colour"], style.MUTED),
                run_data.rows[one["name"]],
                one["name"],
            )
            for one in run_data.group("loss")
        ]
        self._smooth = [smoothed(values) for _, _, values, _ in self.curves]
        self._last = max(1.0, *self._steps[-1:], *map(float, run_data.frames[-1:]))
        self._low, self._high = _span(self._smooth, [values for _, _, values, _ in self.curves])
        self._balance = {
            name: value
            for name, value in run_data.equilibrium.items()
            if value is not None and self._low < value < self._high
        }
        self._whole = self._draw(faint=False)
        self._faint = self._draw(faint=True)

    def values(self, step: float) -> list[tuple[str, tuple[int, int, int], float]]:
        """(label, colour, smoothed value) of each curve at ``step``."""
        return [
            (label, colour, self._value(smooth, step))
            for (label, colour, _, _), smooth in zip(self.curves, self._smooth, strict=True)
        ]

    def _value(self, smooth: np.ndarray, step: float) -> float:
        measured = np.isfinite(smooth)
        if not measured.any():
            return math.nan
        return float(np.interp(step, self._steps[measured], smooth[measured]))

    def at(self, step: float) -> Image.Image:
        """RGB: what was before ``step`` in full colour, what comes after it faint."""
        x = round(self._x(step))
        picture = self._faint.copy()
        picture.paste(self._whole.crop((0, 0, x, self.size[1])), (0, 0))
        draw = ImageDraw.Draw(picture)
        draw.line([(x, TOP), (x, self.size[1] - BOTTOM)], fill=style.SOFT)
        for _, colour, value in self.values(step):
            if math.isfinite(value):
                y = self._y(value)
                draw.ellipse([x - 4, y - 4, x + 4, y + 4], fill=colour, outline=style.CARD)
        return picture

    # -- places ----------------------------------------------------------------------------
    def _x(self, step: float) -> float:
        return LEFT + (self.size[0] - LEFT - RIGHT) * min(1.0, step / self._last)

    def _y(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return TOP + (self.size[1] - TOP - BOTTOM) * (1 - min(1.04, max(-0.04, share)))

    # -- drawing ---------------------------------------------------------------------------
    def _draw(self, faint: bool) -> Image.Image:
        width, height = self.size
        large = Image.new("RGB", (width * FINE, height * FINE), style.CARD)
        draw = ImageDraw.Draw(large)
        for value in ticks(self._low, self._high):
            y = self._y(value) * FINE
            draw.line([(LEFT * FINE, y), ((width - RIGHT) * FINE, y)], fill=style.LINE, width=FINE)
        for _, colour, values, name in self.curves:
            if name in self._balance:
                self._dashes(
                    draw,
                    self._y(self._balance[name]) * FINE,
                    _towards_card(colour, 0.45 if not faint else 0.7),
                )
            self._polyline(draw, values, _towards_card(colour, 0.7 if not faint else 0.9), FINE)
        for (_, colour, _, _), smooth in zip(self.curves, self._smooth, strict=True):
            self._polyline(draw, smooth, _towards_card(colour, 0.72) if faint else colour, 2 * FINE)
        picture = large.resize(self.size, Image.Resampling.LANCZOS)
        self._words(ImageDraw.Draw(picture))
        return picture

    def _polyline(
        self,
        draw: ImageDraw.ImageDraw,
        values: np.ndarray,
        colour: tuple[int, int, int],
        width: int,
    ) -> None:
        points = [
            (self._x(step) * FINE, self._y(value) * FINE)
            for step, value in zip(self._steps, values, strict=True)
            if math.isfinite(value)
        ]
        if len(points) > 1:
            draw.line(points, fill=colour, width=width, joint="curve")

    def _dashes(self, draw: ImageDraw.ImageDraw, y: float, colour: tuple[int, int, int]) -> None:
        for x in range(LEFT * FINE, (self.size[0] - RIGHT) * FINE, 10 * FINE):
            draw.line([(x, y), (x + 5 * FINE, y)], fill=colour, width=FINE)

    def _words(self, draw: ImageDraw.ImageDraw) -> None:
        font = style.letters(13)
        for value in ticks(self._low, self._high):
            draw.text((LEFT - 8, self._y(value)), f"{value:g}", style.MUTED, font, anchor="rm")
        for name, value in self._balance.items():
            owner = next((label for label, _, _, other in self.curves if other == name), "").split(
                " "
            )[0]
            twins = len(set(self._balance.values())) < len(self._balance)
            if not twins or name == next(iter(self._balance)):
                words = f"{'both' if twins else owner} at equilibrium {style.figure(value)}"
                draw.text(
                    (self.size[0] - RIGHT, self._y(value) - 3),
                    words,
                    style.MUTED,
                    style.letters(12),
                    anchor="rb",
                )
        for value in ticks(0, self._last, 6):
            draw.text(
                (self._x(value), self.size[1] - BOTTOM + 7),
                f"{value:,.0f}",
                style.MUTED,
                font,
                anchor="mt",
            )


def _towards_card(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    red, green, blue = (
        round(one + (card - one) * share) for one, card in zip(colour, style.CARD, strict=True)
    )
    return red, green, blue


def _span(smooth: list[np.ndarray], raw: list[np.ndarray]) -> tuple[float, float]:
    """The range of values to show: all of the smoothed curves, and of the raw ones all but the
    wildest hundredth."""
    ends = [
        float(end)
        for values in smooth
        if np.isfinite(values).any()
        for end in (np.nanmin(values), np.nanmax(values))
    ]
    for values in raw:
        finite = values[np.isfinite(values)]
        if len(finite):
            ends += np.quantile(finite, (0.01, 0.99)).tolist()
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    if not math.isfinite(high - low) or abs(low) > 1e290 or abs(high) > 1e290:
        return 0.0, 1.0
    gap = (high - low) * 0.06 or abs(high) * 0.1 or 0.5
    return low - gap, high + gap


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers between ``low`` and ``high``, about so many."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((factor * power for factor in (1, 2, 5, 10) if factor * power >= raw), 10 * power)
    first = math.ceil(low / step)
    return [
        round(index * step, 12) + 0.0 for index in range(first, first + 12) if index * step <= high
    ]

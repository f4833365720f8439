"""The film of a run: its sample grids in order, the losses beneath with a moving cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ganviz.disk import atomic_replace, disk_sentence
from ganviz.engine.point_frames import draw_plane, reach
from ganviz.export import style
from ganviz.export.chart import Chart
from ganviz.export.formats import ExportFormat, ExportOptions, Report
from ganviz.export.run_data import (
    ExportError,
    Progress,
    RunData,
    Scatter,
    picture_of,
    read_run_data,
)
from ganviz.export.video import KINDS, Film
from ganviz.registry import EXPORTS

MOST_FRAMES = 900
SHORTEST, LONGEST = 8.0, 24.0  # seconds that a film lasts unless asked otherwise
HOLD_SECONDS = 1.5
MARGIN, HEAD, COLUMNS, LEGEND, CHART, FOOT = 28, 76, 24, 44, 176, 20
LARGEST = {
    "mp4": (920, 740),
    "webp": (760, 620),
    "gif": (620, 560),
}  # px that the pictures may take
NARROWEST = 500
SCATTER_SIDE = 560


@dataclass(frozen=True)
class FrameSequence:
    """What a film shows: the steps, and a picture for each, all of one size. ``crisp``: made of
    small tiles."""

    steps: list[int]
    draw: Callable[[int], Image.Image | None]
    size: tuple[int, int]
    labels: tuple[str, ...] = ()


def export_film(
    run_folder: Path | str,
    out: Path | str,
    fps: int = 12,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the film of a run to ``out`` (.mp4, .gif or .webp) and return it.

    ``seconds``: how long the training takes in the film; None gives each kept grid one frame, from
    8 to 24 s. Long runs are thinned evenly, short ones stretched. ``progress(fraction, sentence)``
    is told how far it is, and may raise to stop. Raises `GanvizError` where there is nothing to
    show or the disk refuses.
    """
    out = Path(out)
    kind = out.suffix.lower().lstrip(".")
    if kind not in KINDS:
        raise ExportError(f"{out.name}: a film is a .mp4, .gif or .webp file.", "out")
    if not 1 <= fps <= 60:
        raise ExportError("A film has 1 to 60 frames a second.", "fps")
    if seconds is not None and not 0.2 <= seconds <= 600:
        raise ExportError("A film lasts from 0.2 to 600 seconds.", "seconds")
    notify = progress or (lambda fraction, sentence: None)
    notify(0.0, "Reading the run.")
    run_data = read_run_data(run_folder)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(out) as beside:
            _write(run_data, beside, kind, fps, seconds, notify)
    except OSError as error:
        raise ExportError(disk_sentence(error, out.parent, "The film was not written")) from None
    notify(1.0, "The film is ready.")
    return out


def _write(
    run_data: RunData, path: Path, kind: str, fps: int, seconds: float | None, notify: Progress
) -> None:
    sequence = frame_sequence(run_data)
    layout = FrameLayout(run_data, sequence, LARGEST[kind])
    order = timeline(len(sequence.steps), fps, seconds)
    last: Image.Image | None = None
    palette = (
        layout.compose(sequence.draw(sequence.steps[-1]), float(sequence.steps[-1]))
        if kind == "gif"
        else None
    )
    with Film(path, kind, layout.size, fps, palette) as film:
        drawn = -1
        for count, (index, between) in enumerate(order):
            if index != drawn:
                last, drawn = sequence.draw(sequence.steps[index]) or last, index
            following = sequence.steps[min(index + 1, len(sequence.steps) - 1)]
            step = sequence.steps[index] + between * (following - sequence.steps[index])
            film.add(layout.compose(last, step))
            if count % 8 == 0:
                notify(
                    0.02 + 0.97 * count / len(order), f"Drawing frame {count + 1} of {len(order)}."
                )


def timeline(count: int, fps: int, seconds: float | None) -> list[tuple[int, float]]:
    """For each frame of the film which of ``count`` pictures it shows, and how far (0 to 1) it is
    on the way to the next.

    At most `MOST_FRAMES`, and then the end is held for a moment.
    """
    lasting = min(max(count / fps, SHORTEST), LONGEST) if seconds is None else seconds
    wanted = max(2, min(round(lasting * fps), MOST_FRAMES))
    places = np.linspace(0, count - 1, wanted)
    order = [(int(place), float(place - int(place))) for place in places]
    return order + [(count - 1, 0.0)] * max(1, round(HOLD_SECONDS * fps))


# -- what is shown ---------------------------------------------------------------------------------
def frame_sequence(run_data: RunData) -> FrameSequence:
    """The pictures that the run kept. Raises `ExportError` where it kept none."""
    newest = next(
        (
            picture
            for step in reversed(run_data.frames)
            if (picture := picture_of(run_data.read(step)))
        ),
        None,
    )
    if newest is not None:
        return FrameSequence(
            run_data.frames,
            lambda step: _of_size(picture_of(run_data.read(step)), newest.size),
            newest.size,
            run_data.labels,
        )
    if run_data.scatters:
        return _scatter_sequence(run_data.scatters)
    raise ExportError(
        f"{run_data.title} has kept no pictures yet, so there is no film to make of it.", "run"
    )


def _of_size(picture: Image.Image | None, size: tuple[int, int]) -> Image.Image | None:
    return picture if picture is not None and picture.size == size else None


def _scatter_sequence(scatters: list[Scatter]) -> FrameSequence:
    by_step = {scatter.step: scatter for scatter in scatters}
    extent = reach(scatters[-1].real)
    return FrameSequence(
        sorted(by_step),
        lambda step: draw_plane(by_step[step].real, by_step[step].fake, extent, SCATTER_SIDE),
        (SCATTER_SIDE, SCATTER_SIDE),
    )


# -- how it is laid out ----------------------------------------------------------------------------
class FrameLayout:
    """The unchanging parts of a film's picture; `compose` adds those of one frame. ``size`` is even
    on both sides."""

    def __init__(self, run_data: RunData, sequence: FrameSequence, largest: tuple[int, int]):
        width, height = sequence.size
        self._scale = max(1, min(largest[0] // width, largest[1] // height))
        shrink = min(
            1.0, largest[0] / width, largest[1] / height
        )  # only for pictures too large as they are
        self._picture_size = (
            round(width * self._scale * shrink),
            round(height * self._scale * shrink),
        )
        inner = max(self._picture_size[0], NARROWEST)
        labels = _labels_that_fit(sequence.labels, self._picture_size[0])
        self._top = HEAD + (COLUMNS if labels else 0)
        legend = self._top + self._picture_size[1] + LEGEND
        self.size = (_even(inner + 2 * MARGIN), _even(legend + CHART + FOOT))
        self._left = (self.size[0] - self._picture_size[0]) // 2
        self._chart = Chart(run_data, (inner, CHART))
        self._chart_at = ((self.size[0] - inner) // 2, legend)
        self._last = run_data.config.steps or sequence.steps[-1]
        self._base = self._draw_base(run_data, labels)
        self._nothing = Image.new("RGB", self._picture_size, style.PAGE)

    def compose(self, picture: Image.Image | None, step: float) -> Image.Image:
        """One frame: ``picture`` (None: a dark field) at ``step``."""
        frame = self._base.copy()
        enlarged = (
            picture.resize(
                self._picture_size,
                Image.Resampling.NEAREST
                if self._picture_size[0] >= picture.width
                else Image.Resampling.LANCZOS,
            )
            if picture
            else self._nothing
        )
        frame.paste(enlarged, (self._left, self._top))
        frame.paste(self._chart.at(step), self._chart_at)
        draw = ImageDraw.Draw(frame)
        right = self.size[0] - MARGIN
        draw.text((right, 34), f"step {round(step):,}", style.INK, style.letters(24), anchor="rs")
        self._legend(draw, step)
        return frame

    def _legend(self, draw: ImageDraw.ImageDraw, step: float) -> None:
        x, y = float(self._chart_at[0]), self._chart_at[1] - LEGEND // 2 + 8
        for label, colour, value in self._chart.values(step):
            draw.rounded_rectangle([x, y - 2, x + 18, y + 1], 1, colour)
            name = f"{label.partition(',')[0]}  "
            draw.text((x + 26, y), name, style.SOFT, style.letters_for(name, 15), anchor="lm")
            x += 26 + style.letters_for(name, 15).getlength(name)
            draw.text((x, y), style.figure(value), style.INK, style.letters(15), anchor="lm")
            x += 84

    def _draw_base(self, run_data: RunData, labels: tuple[str, ...]) -> Image.Image:
        base = Image.new("RGB", self.size, style.PAGE)
        draw = ImageDraw.Draw(base)
        width = self.size[0] - 2 * MARGIN
        name = style.fitted(run_data.title, 24, width - 170)
        draw.text((MARGIN, 34), name, style.INK, style.letters_for(name, 24), anchor="ls")
        facts = " · ".join(
            filter(
                None,
                (
                    run_data.preset_label if run_data.preset_label != run_data.title else "",
                    run_data.data_label,
                ),
            )
        )
        facts = style.fitted(facts, 15, width - 170)
        draw.text((MARGIN, 58), facts, style.MUTED, style.letters_for(facts, 15), anchor="ls")
        draw.text(
            (self.size[0] - MARGIN, 58),
            f"of {self._last:,}",
            style.MUTED,
            style.letters(15),
            anchor="rs",
        )
        for index, label in enumerate(labels):
            x = self._left + self._picture_size[0] * (index + 0.5) / len(labels)
            draw.text(
                (x, self._top - 8), label, style.FAKE, style.letters_for(label, 15), anchor="ms"
            )
        top = self._chart_at[1] - LEGEND + 14
        draw.rounded_rectangle(
            [MARGIN - 12, top, self.size[0] - MARGIN + 12, self.size[1] - 10],
            10,
            style.CARD,
            style.LINE,
        )
        return base


def _labels_that_fit(labels: tuple[str, ...], width: int) -> tuple[str, ...]:
    room = width / max(1, len(labels)) - 4
    return (
        labels
        if labels and all(style.letters_for(label, 15).getlength(label) <= room for label in labels)
        else ()
    )


def _even(side: int) -> int:
    return side + side % 2


def _write_film(run_folder: Path, out: Path, options: ExportOptions, report: Report | None) -> Path:
    return export_film(run_folder, out, options.fps, options.seconds, report)


for _kind, _label, _why, _media_type in (
    ("mp4", "Film (MP4)", "Small, and plays everywhere.", "video/mp4"),
    ("gif", "Film (GIF)", "Moves wherever a picture can stand, in 256 colours.", "image/gif"),
    ("webp", "Film (WebP)", "Moves wherever a picture can stand, in all colours.", "image/webp"),
):
    EXPORTS.add(
        _kind,
        ExportFormat(
            label=_label,
            why=_why,
            extension=f".{_kind}",
            option="film",
            write=_write_film,
            media_type=_media_type,
            options=("fps", "seconds"),
            packages=("av",),
        ),
    )

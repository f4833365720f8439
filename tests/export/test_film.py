"""Films: what browsers play, in which the kept grids can be found again pixel by pixel."""

import av
import numpy as np
import pytest
from PIL import Image

from ganviz.errors import GanvizError
from ganviz.export import export_film
from ganviz.export.film import FrameLayout, frame_sequence, timeline
from ganviz.export.run_data import picture_of, read_run_data, smoothed
from ganviz.runs.store import frames_in


def pictures(path):
    if path.suffix == ".webp":
        with Image.open(path) as film:
            for index in range(film.n_frames):
                film.seek(index)
                yield np.asarray(film.convert("RGB"))
        return
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


@pytest.mark.parametrize(("ending", "tolerance"), [("mp4", 12), ("gif", 14), ("webp", 12)])
def test_a_film_shows_the_kept_grids_and_a_moving_cursor(kept_run, tmp_path, ending, tolerance):
    told = []
    path = export_film(
        kept_run,
        tmp_path / f"film.{ending}",
        fps=6,
        seconds=1.5,
        progress=lambda *said: told.append(said),
    )
    shown = list(pictures(path))
    run_data = read_run_data(kept_run)
    assert len(shown) == (9 + 9 if ending != "webp" else len(shown)) and all(
        side % 2 == 0 for side in shown[0].shape[:2]
    )
    layout = FrameLayout(
        run_data,
        frame_sequence(run_data),
        {"mp4": (920, 740), "gif": (620, 560), "webp": (760, 620)}[ending],
    )
    expected = np.asarray(
        layout.compose(picture_of(run_data.read(run_data.frames[-1])), run_data.frames[-1])
    )
    difference = np.abs(shown[-1].astype(int) - expected)
    assert difference.mean() < 2 and np.quantile(difference, 0.97) <= tolerance
    assert (
        np.abs(shown[0][-180:].astype(int) - shown[-1][-180:]) > 60
    ).sum() > 100  # the cursor is elsewhere
    assert (
        told[0][0] == 0.0
        and told[-1] == (1.0, "The film is ready.")
        and [f for f, _ in told] == sorted(f for f, _ in told)
    )
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_mp4_is_what_every_browser_plays(kept_run, tmp_path):
    path = export_film(kept_run, tmp_path / "film.mp4", fps=12, seconds=1)
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert float(stream.average_rate) == 12 and float(
            stream.duration * stream.time_base
        ) == pytest.approx(2.5)
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(
        b"mdat"
    )  # it plays before it is loaded


def test_tiles_stay_crisp(kept_run):
    run_data = read_run_data(kept_run)
    grid = picture_of(run_data.read(run_data.frames[-1]))
    layout = FrameLayout(run_data, frame_sequence(run_data), (920, 740))
    frame = np.asarray(layout.compose(grid, 60))
    factor = layout._picture_size[0] // grid.width
    assert factor >= 2 and layout._picture_size == (grid.width * factor, grid.height * factor)
    part = frame[
        layout._top : layout._top + layout._picture_size[1],
        layout._left : layout._left + layout._picture_size[0],
    ]
    assert np.array_equal(part[factor // 2 :: factor, factor // 2 :: factor], np.asarray(grid))


def test_points_become_a_film_too(points_run, tmp_path):
    assert (
        len(list(pictures(export_film(points_run, tmp_path / "ring.mp4", fps=4, seconds=1))))
        == 4 + 6
    )


def test_damaged_grids_are_passed_over(own_run, tmp_path):
    for _, path in frames_in(own_run)[-1:]:
        path.write_bytes(path.read_bytes()[:60])
    assert len(list(pictures(export_film(own_run, tmp_path / "film.gif", fps=4, seconds=1)))) == 10


@pytest.mark.parametrize("out", ["film.avi", "film"])
def test_other_endings_are_refused(kept_run, tmp_path, out):
    with pytest.raises(GanvizError, match=r"\.mp4, \.gif or \.webp"):
        export_film(kept_run, tmp_path / out)


def test_refusals_leave_nothing_behind(kept_run, points_run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GanvizError, match="not written"):
        export_film(kept_run, tmp_path / "file" / "film.mp4")
    with pytest.raises(GanvizError, match="no run"):
        export_film(tmp_path / "nowhere", tmp_path / "film.mp4")
    with pytest.raises(GanvizError, match="seconds"):
        export_film(kept_run, tmp_path / "film.mp4", seconds=float("nan"))

    def give_up(fraction, sentence):
        if fraction > 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_film(kept_run, tmp_path / "film.mp4", seconds=2, progress=give_up)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "runs"]


def test_a_run_without_pictures_says_so(own_run, tmp_path):
    for _, path in frames_in(own_run):
        path.unlink()
    with pytest.raises(GanvizError, match="no pictures"):
        export_film(own_run, tmp_path / "film.mp4")


@pytest.mark.parametrize("count", [1, 2, 30, 600])
def test_the_timeline_is_bounded_and_holds_the_end(count):
    for seconds in (None, 0.5, 600):
        order = timeline(count, 12, seconds)
        places = [index + between for index, between in order]
        assert places == sorted(places) and places[0] == 0 and places[-1] == count - 1
        assert 2 < len(order) <= 900 + 18 and order[-18:] == [(count - 1, 0.0)] * 18


def test_the_running_mean_starts_plain_and_skips_gaps():
    values = smoothed(np.array([np.nan, 2.0, 4.0, np.nan, 4.0]))
    assert (
        np.isnan(values[0])
        and values[1] == 2
        and values[3] == values[2]
        and 2 < values[2] < values[4] < 4
    )

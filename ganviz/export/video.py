"""Pictures to a film file, one at a time: what is held in memory does not grow with the length."""

from __future__ import annotations

from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganviz.disk import disk_sentence
from ganviz.errors import GanvizError

KINDS = ("mp4", "gif", "webp")
# x264's constant quality 21 keeps single pixels of the grids apart; "veryfast" because a training
# may want the processor
CODECS: dict[str, tuple[str, str, dict[str, str]]] = {
    "mp4": ("libx264", "yuv420p", {"crf": "21", "preset": "veryfast"}),
    "gif": ("gif", "pal8", {}),
    "webp": ("libwebp_anim", "bgra", {"quality": "82", "compression_level": "3"}),
}
MUXERS = {
    "mp4": ("mp4", {"movflags": "+faststart"}),
    "gif": ("gif", {"loop": "0"}),
    "webp": ("webp", {"loop": "0"}),
}


class Film(AbstractContextManager):
    """Writes ``path`` as ``kind`` (mp4: H.264 that every browser plays; gif; webp).

    ``size``: (width, height), both even. ``palette``: for gif, a picture with the colours that the
    film needs. Raises `GanvizError` where PyAV is missing or the disk refuses.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        size: tuple[int, int],
        fps: int,
        palette: Image.Image | None = None,
    ):
        self._av = av = _pyav()
        self._kind = kind
        self._path = path
        codec, self._format, options = CODECS[kind]
        muxer, muxer_options = MUXERS[kind]
        try:
            self._file = av.open(str(path), "w", format=muxer, options=muxer_options)
        except OSError as error:
            raise GanvizError(
                disk_sentence(error, path.parent, "The film was not written")
            ) from None
        self._stream = stream = self._file.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = self._format
        stream.codec_context.time_base = Fraction(1, fps)
        stream.codec_context.thread_count = 1
        if (
            kind == "mp4"
        ):  # say which matrix the colours were turned with: players guess differently
            stream.codec_context.colorspace = stream.codec_context.color_primaries = (
                stream.codec_context.color_trc
            ) = 1
        self._palette = (
            palette.quantize(256, dither=Image.Dither.NONE) if kind == "gif" and palette else None
        )
        self._count = 0

    def add(self, picture: Image.Image) -> None:
        """The next picture, RGB, of the film's size."""
        frame = self._frame(picture)
        frame.pts, frame.time_base = self._count, self._stream.codec_context.time_base
        self._count += 1
        self._write(frame)

    def _frame(self, picture: Image.Image) -> Any:
        kinds = self._av.VideoFrame
        if self._palette is not None:
            indexed = picture.quantize(palette=self._palette, dither=Image.Dither.NONE)
            return kinds.from_ndarray((np.asarray(indexed), _argb(self._palette)), format="pal8")
        frame = kinds.from_ndarray(np.asarray(picture), format="rgb24")
        target = {"dst_colorspace": "ITU709"} if self._kind == "mp4" else {}
        return frame.reformat(format=self._format, **target)

    def _write(self, frame: Any) -> None:
        try:
            for packet in self._stream.encode(frame):
                self._file.mux(packet)
        except OSError as error:
            raise GanvizError(
                disk_sentence(error, self._path.parent, "The film was not written")
            ) from None

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self._write(None)
        try:
            self._file.close()
        except OSError as error:
            if kind is None:
                raise GanvizError(
                    disk_sentence(error, self._path.parent, "The film was not written")
                ) from None


def _argb(indexed: Image.Image) -> np.ndarray:
    """The palette of an indexed picture as PyAV wants it: uint8 [256, 4], alpha first."""
    colours = np.zeros((256, 3), np.uint8)
    listed = np.asarray(indexed.getpalette(), np.uint8).reshape(-1, 3)
    colours[: len(listed)] = listed
    return np.concatenate([np.full((256, 1), 255, np.uint8), colours], 1)


def _pyav() -> Any:
    try:
        import av
        import av.logging
    except ImportError:
        raise GanvizError(
            "Films need the package av (PyAV); install it with: pip install av", "film"
        ) from None
    av.logging.set_level(av.logging.ERROR)
    return av

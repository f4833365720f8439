"""The report as one page of HTML that opens offline: no scripts, nothing to fetch."""

from __future__ import annotations

from html import escape
from typing import Any

from ganviz.synthetic.report import DataReport
from ganviz.synthetic.verdict import percent
from ganviz.version import assets_folder

WIDTH, LEFT = 300, 4
STYLE = "export/report.css"
PRIVATE = "These pictures are real: keep this page to yourself where nobody else may see them."
HIDDEN = (
    "The ten closest pairs are not shown here, because real pictures are among them: whoever has "
    "the run sees them with ganviz report."
)


def report_page(made: DataReport, pairs: bool = True) -> str:
    """``pairs``: with the closest pairs, among which real pictures are."""
    table = made.to_json(pairs)
    style = (assets_folder() / STYLE).read_text(encoding="utf-8")
    title = "Virtual data: what they kept, what they leak"
    sections = [_verdict(table), *_questions(table), _pairs(table)]
    sections += [_promised(table), _untested(table), _how(table)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{_caption(table)}{''.join(sections)}</main></body></html>\n"
    )


def _caption(table: dict[str, Any]) -> str:
    n = table["n"]
    held = f"{n['held_out']:,} held out" if n["held_out"] else "none held out"
    return (
        f'<p class="caption">{escape(table["label"])}; run {escape(table["run"])}, step '
        f"{table['step']:,}. "
        f"{n['synthetic']:,} virtual pictures against {n['training']:,} training pictures and "
        f"{held}. Made on {escape(table['made'])}, seed {table['seed']}.</p>"
    )


def _verdict(table: dict[str, Any]) -> str:
    found = table["verdict"]
    kind = found["kind"].split()[0]
    lines = "".join(f"<p>{escape(sentence)}</p>" for sentence in found["sentences"])
    return f'<section class="verdict {kind}"><h2>Verdict</h2>{lines}</section>'


def _questions(table: dict[str, Any]) -> list[str]:
    sections = []
    for number, question in enumerate(table["questions"], 1):
        figures = [one for one in table["figures"] if one["question"] == number]
        rows = "".join(_figure(one) for one in figures)
        sections.append(f"<section><h2>{number}. {escape(question)}</h2>{rows}</section>")
    return sections


def _figure(one: dict[str, Any]) -> str:
    head = f"<h3>{escape(one['label'])}</h3><div>{escape(one['reads'])}</div>"
    if one["synthetic"] is None:
        why = escape(one["why_not"])
        return (
            f'<div class="figure"><div>{head}<div class="caption">Not measured. {why}</div></div>'
            "</div>"
        )
    lines = [f'<div class="value">Virtual: {_value(one, "synthetic")}</div>']
    if one["control"] is not None:
        lines.append(f'<div class="control">Held-out in place: {_value(one, "control")}</div>')
    if one["ideal"] is not None:
        lines.append(f'<div class="caption">Ideal: {_value(one, "ideal")}</div>')
    return (
        f'<div class="figure"><div>{head}{"".join(lines)}</div><div>{_intervals(one)}</div></div>'
    )


def _value(one: dict[str, Any], kind: str) -> str:
    """'0.93 (0.91 to 0.95), n = 10,000 pictures'."""
    found, show = one[kind], _format_of(one)
    if not found["n"]:
        return show(found["value"])
    n = ", ".join(f"{count:,} {escape(what)}" for what, count in found["n"].items())
    return f"{show(found['value'])} ({show(found['low'])} to {show(found['high'])}), n = {n}"


def _format_of(one: dict[str, Any]) -> Any:
    if one["format"] == "percent":
        return percent
    return _figure_of


def _figure_of(value: float) -> str:
    """Three digits; what is nothing beside a figure's usual size is 0."""
    if abs(value) < 1e-4:
        return "0"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _intervals(one: dict[str, Any]) -> str:
    """Intervals as bars above one axis, the ideal as a dashed line."""
    kinds = [kind for kind in ("synthetic", "control", "ideal") if one[kind] is not None]
    low = min(one[kind]["low"] for kind in kinds)
    high = max(one[kind]["high"] for kind in kinds)
    span = (high - low) or max(abs(high), 1e-6)
    low, span = low - 0.06 * span, 1.12 * span

    def at(value: float) -> float:
        return round(LEFT + (value - low) / span * (WIDTH - 2 * LEFT), 1)

    parts = []
    for kind, name, y in (("synthetic", "fake", 14), ("control", "real", 32)):
        if one[kind] is not None:
            found = one[kind]
            parts.append(
                f'<line class="{name}" stroke-width="3" x1="{at(found["low"])}" x2="'
                f'{at(found["high"])}" y1="{y}" y2="{y}"/>'
                f'<circle class="{name}" r="4.5" cx="{at(found["value"])}" cy="{y}"/>'
            )
    if one["ideal"] is not None:
        x = at(one["ideal"]["value"])
        parts.append(f'<line class="ideal" x1="{x}" x2="{x}" y1="2" y2="44"/>')
    show = _format_of(one)
    limits = low + 0.06 / 1.12 * span, low + 1.06 / 1.12 * span
    label = escape(f"{one['label']}: {_value(one, 'synthetic')}", quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} 62" role="img" aria-label="{label}">{"".join(parts)}'
        f'<text x="{at(limits[0])}" y="58">{show(limits[0])}</text>'
        f'<text x="{at(limits[1])}" y="58" text-anchor="end">{show(limits[1])}</text></svg>'
    )


def _pairs(table: dict[str, Any]) -> str:
    head = "<section><h2>The closest pairs</h2>"
    if not table["pairs"]:
        return f"{head}<p>{HIDDEN}</p></section>"
    held = "; dashed: the nearest held-out picture" if table["pairs"][0]["held_out"] else ""
    figures = "".join(_pair(pair) for pair in table["pairs"])
    return (
        f"{head}<p>Purple: the virtual picture; green: the nearest training picture{held}. Below: "
        "how far apart they are, in grey levels of 255. A copy is far nearer to its training "
        f'picture than to any held-out one.</p><p class="caption">{PRIVATE}</p>'
        f'<div class="pairs">{figures}</div></section>'
    )


def _pair(pair: dict[str, Any]) -> str:
    images = [_image(pair["synthetic"], "f", "virtual"), _image(pair["training"], "t", "training")]
    words = f"{pair['distance']:.1f}"
    if pair["held_out"]:
        images.append(_image(pair["held_out"], "h", "held out"))
        words += f" / {pair['held_out_distance']:.1f}"
    return (
        f'<figure><div class="three">{"".join(images)}</div>'
        f'<figcaption class="caption">{words}</figcaption></figure>'
    )


def _image(data: str, kind: str, words: str) -> str:
    return f'<img class="{kind}" alt="{words}" src="data:image/png;base64,{data}">'


def _promised(table: dict[str, Any]) -> str:
    """What the promise of a private training assumes; nothing of any other."""
    spent = table["privacy"]
    if spent is None:
        return ""
    items = "".join(f"<li>{escape(what)}</li>" for what in spent["assumes"])
    return (
        f"<section><h2>What epsilon = {spent['epsilon']:.2f} assumes</h2><ul>{items}</ul></section>"
    )


def _untested(table: dict[str, Any]) -> str:
    items = "".join(f"<li>{escape(what)}</li>" for what in table["not_tested"])
    return f"<section><h2>What was not tested</h2><ul>{items}</ul></section>"


def _how(table: dict[str, Any]) -> str:
    return (
        "<section><h2>How it was measured</h2>"
        "<p>Bars are 95 % intervals from random halves of all samples. "
        "The control puts one half of the held-out pictures in the place of the virtual ones and "
        "compares with the other half. The dashed line is the ideal: a closed form, or what other "
        "training pictures come to.</p>"
        f"<p>Features: {escape(table['features'])}; the net learned from training pictures that "
        "are not compared with. Copies and attacks go by distances between pixels.</p></section>"
    )

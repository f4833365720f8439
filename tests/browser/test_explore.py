"""The tab Explore in a real browser: one run is trained, stopped, and explored from all sides."""

from __future__ import annotations

import ast
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

import ganviz

from .conftest import held_back, picture_of, stop
from .test_latent import drag, expect_change

CANVAS = "#gv-explore-canvas"


@pytest.fixture(scope="module")
def kept(server) -> str:
    """The id of a run that has ended with some pictures worth a look."""
    stop(server)
    return server.train("digits-quick", steps=60, batch_size=16, g_width=8, d_width=8)


def explore(visit, run: str, more: str = ""):
    page = visit(address=f"/?tab=explore&at={run}{more}")
    page.wait_for_selector("#gv-explore-side[data-ready=yes]")
    page.wait_for_selector(f"{CANVAS}[data-shown]")
    return page


def answered(page) -> None:
    """The picture is that of the newest z."""
    page.wait_for_function("window.ganviz.stats.explore?.moved === window.ganviz.stats.moved")


def made_by(page, line: str, server, monkeypatch) -> np.ndarray:
    """The pixels that a line of Python makes."""
    call = ast.parse(line.removeprefix("import ganviz\n"), mode="eval")
    monkeypatch.chdir(server.runs.parent)
    return np.asarray(eval(compile(call, "line", "eval"), {"ganviz": ganviz}))


def test_a_picture_its_address_and_its_line(visit, server, kept, monkeypatch):
    page = explore(visit, kept, "&z=seed-7_class-3")
    answered(page)
    first = picture_of(page, CANVAS)
    assert page.input_value("#gv-explore-seed") == "7"
    page.click("#gv-explore-python")
    page.wait_for_function(
        "document.querySelector('#gv-explore-code').textContent.includes('seed=7')"
    )
    pixels = made_by(page, page.text_content("#gv-explore-code"), server, monkeypatch)
    with page.expect_download() as download:
        page.click("#gv-explore-png")
    saved = np.asarray(Image.open(download.value.path()))
    assert np.array_equal(pixels, saved)

    # the newest line wins, whichever comes first
    late, exact = [], "**/gv/explore/exact"
    page.route(exact, lambda route: route.continue_() if late else late.append(route))
    with page.expect_request(exact):
        page.fill("#gv-explore-seed", "8")
    for seed in ("9", "7"):
        page.fill("#gv-explore-seed", seed)
        page.wait_for_function(
            "seed => document.querySelector('#gv-explore-code').textContent.includes(seed)",
            arg=f"seed={seed}",
        )
    with page.expect_response(exact):
        late[0].continue_()
    page.unroute(exact)
    page.evaluate("new Promise(done => setTimeout(done, 50))")
    assert "seed=7" in page.text_content("#gv-explore-code")
    assert picture_of(page, CANVAS) == first
    # what is no seed says so and is not left standing beside another one's picture
    page.fill("#gv-explore-seed", "-1")
    page.keyboard.press("Enter")
    page.wait_for_selector("#gv-explore-caption:has-text('whole number')")
    assert page.input_value("#gv-explore-seed") == "7"

    page.click("#gv-explore-hold")
    drag(page, "#gv-explore-psi", "0.4")
    calm = expect_change(page, CANVAS, first)
    page.wait_for_function("location.search.includes('psi-0.4')")
    assert "0° in z" in page.text_content("#gv-explore-compared-say")
    page.click("#gv-explore-classes [data-class='5']")
    five = expect_change(page, CANVAS, calm)
    page.wait_for_function("location.search.includes('class-5')")
    other = visit(address=page.evaluate("location.pathname + location.search"))
    other.wait_for_function(
        "five => document.querySelector('#gv-explore-canvas').toDataURL() === five", arg=five
    )

    page.click("#gv-explore-star")
    page.wait_for_selector("#gv-explore-stars canvas")
    page.click("#gv-explore-random")
    expect_change(page, CANVAS, five)
    page.click("#gv-explore-stars .gv-explore-cell")
    page.wait_for_function(
        "five => document.querySelector('#gv-explore-canvas').toDataURL() === five", arg=five
    )
    page.wait_for_function("location.search.includes('base=')")
    page.reload()
    page.wait_for_function(
        "five => document.querySelector('#gv-explore-canvas')?.toDataURL() === five", arg=five
    )
    assert page.locator("#gv-explore-stars canvas").count() == 1


def test_the_gallery_sorts_stars_and_is_saved(visit, server, kept, monkeypatch):
    page = explore(visit, kept)
    page.wait_for_selector(".gv-explore-wall[data-drawn]")
    assert page.locator(".gv-explore-wall button").count() == 64
    page.select_option("[data-choice=sort]", "high")
    page.wait_for_selector(".gv-explore-wall[data-sorted=high]")
    scores = page.eval_on_selector_all(
        ".gv-explore-wall button",
        "all => all.map(one => Number(one.getAttribute('aria-label').match(/score (.*)/)[1]))",
    )
    assert scores == sorted(scores, reverse=True) and len(set(scores)) > 8
    page.focus(".gv-explore-wall button >> nth=0")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    page.wait_for_selector(".gv-explore-wall > :nth-child(2) .gv-starred")
    page.select_option("[data-choice=count]", "36")
    page.wait_for_function("document.querySelectorAll('.gv-explore-wall button').length === 36")
    page.wait_for_function("Number(document.querySelector('.gv-explore-wall').dataset.drawn) > 1")
    with page.expect_download() as download:
        page.click("[data-act=zip]")
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert len(archive.namelist()) == 37
    # a wall that is not shown asks for nothing
    page.click("[data-panel=directions]")
    page.wait_for_selector(".gv-directions[data-drawn]")
    drawn = page.get_attribute(".gv-directions", "data-drawn")
    asked = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    drag(page, "#gv-explore-psi", "0.4")
    page.wait_for_function(
        "drawn => document.querySelector('.gv-directions').dataset.drawn !== drawn", arg=drawn
    )
    assert "samples" in asked and "latents" not in asked


def test_directions_and_the_map(visit, kept):
    page = explore(visit, kept, "&z=seed-7_class-3&panel=directions")
    page.wait_for_selector(".gv-directions[data-drawn]")
    assert page.locator(".gv-direction").count() == 12
    page.fill(".gv-direction:first-child input", "Slant")
    page.press(".gv-direction:first-child input", "Enter")
    page.click(".gv-direction:first-child [data-act=pin]")
    answered(page)
    before = picture_of(page, CANVAS)
    drag(page, "#gv-explore-sliders input", "3")
    moved = expect_change(page, CANVAS, before)
    assert page.text_content("#gv-explore-sliders span") == "Slant"
    page.click("#gv-explore-reset")
    expect_change(page, CANVAS, moved)
    strip = page.locator(".gv-direction:first-child canvas")
    strip.click(position={"x": strip.bounding_box()["width"] - 4, "y": 10})
    page.wait_for_function(
        "moved => document.querySelector('#gv-explore-canvas').toDataURL() === moved", arg=moved
    )
    page.click(".gv-direction:first-child [data-act=keep]")
    page.click("[data-kind=kept]")
    page.wait_for_selector(".gv-directions[data-kind=kept] .gv-direction")
    assert page.input_value(".gv-direction input") == "Slant"
    page.click(".gv-direction [data-act=keep]")
    page.wait_for_selector(".gv-direction", state="detached")

    page.click("[data-panel=map]")
    page.wait_for_selector(".gv-map-pad[data-drawn]")
    answered(page)
    here = picture_of(page, CANVAS)
    box = page.locator(".gv-map-pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.2)
    page.mouse.up()
    away = expect_change(page, CANVAS, here)
    page.focus(".gv-map-pad")
    page.keyboard.press("ArrowDown")
    expect_change(page, CANVAS, away)
    page.keyboard.press("+")
    page.wait_for_function("document.querySelector('.gv-map-pad').dataset.drawn >= 2")


def test_without_a_generator_no_control_pretends_to_work(visit):
    def nothing_yet(page):
        page.route("**/gv/explore/runs", lambda route: route.fulfill(json={"runs": []}))
        refusal = {"error": "Nothing has been trained yet.", "field": None}
        page.route("**/gv/explore/info**", lambda route: route.fulfill(json=refusal, status=409))

    page = visit(address="/?tab=explore&panel=path", before=nothing_yet)
    said = "document.querySelector('#gv-explore-wait').textContent"
    page.wait_for_function(f"{said}.includes('Nothing has been trained yet')")
    panels = page.locator("#gv-explore-panels button").evaluate_all(
        "all => all.map(one => one.dataset.panel)"
    )
    for panel in ("path", *panels):
        page.click(f"[data-panel={panel}]")
        alive = page.evaluate(
            """() => [...document.querySelectorAll('#gv-explore :is(button, input, select)')]
              .filter((one) => !one.matches('.gv-tip, [role=tab], #gv-explore-run'))
              .filter((one) => !one.disabled || !one.title.includes('no generator'))
              .map((one) => one.outerHTML.slice(0, 80))"""
        )
        assert alive == [], panel


FAKE_RUNTIME = """window.ort = {
  env: { wasm: {} },
  Tensor: class { constructor(type, data) { this.data = data; } },
  InferenceSession: { create: async () => ({ run: async ({ z }) => (
    { x: { data: new Float32Array(28 * 28).fill(z.data[0] > 0 ? 1 : -1) } }) }) },
};"""
CAPTION = "document.querySelector('#gv-explore-caption').textContent"


def test_this_browser_draws_where_it_can_and_the_server_where_not(visit, kept):
    def at_hand(page):
        def described(route):
            answer = route.fetch()
            route.fulfill(response=answer, json={**answer.json(), "in_browser": True})

        page.route("**/gv/explore/info**", described)
        page.route("**/explore/runtime/*", lambda route: route.fulfill(body=FAKE_RUNTIME))
        page.route("**/explore/model", lambda route: route.fulfill(body="a network"))

    asked = []
    page = visit(address=f"/?tab=explore&at={kept}&z=seed-7_class-3", before=at_hand)
    page.wait_for_selector(f"{CANVAS}[data-shown]")
    page.wait_for_function("window.ort")
    page.on("request", lambda request: asked.append(request.url))
    for seed in ("8", "9", "10", "11"):
        page.fill("#gv-explore-seed", seed)
        page.wait_for_function(f"location.search.includes('seed-{seed}_')")
    page.wait_for_function(f"{CAPTION}.startsWith('Drawn here')")
    answered(page)
    page.wait_for_timeout(100)
    asked.clear()
    page.evaluate(DRAG_PSI)
    answered(page)
    assert not [url for url in asked if url.endswith("/gv/latent")]
    # the one network fails: the server draws, and nothing else is different
    page.evaluate("() => { window.ort.Tensor = null; }")
    page.evaluate(DRAG_PSI)
    page.wait_for_function(f"{CAPTION}.startsWith('G(z)')")
    answered(page)


DRAG_PSI = """() => {
  const range = document.querySelector('#gv-explore-psi');
  range.value = Number(range.value) === 1 ? 0.5 : 1;
  range.dispatchEvent(new Event('input', { bubbles: true }));
}"""


def test_a_path_is_played_reordered_kept_and_saved(visit, kept):
    page = explore(visit, kept, "&z=seed-1_class-1&panel=path")
    assert "two key frames" in page.get_attribute("[data-act=film]", "title")
    assert page.is_disabled("[data-act=play]") and page.is_disabled("[data-act=keep]")
    assert page.is_enabled("[data-act=add]")
    for seed in ("1", "2", "3"):
        page.fill("#gv-explore-seed", seed)
        page.wait_for_function(f"location.search.includes('seed-{seed}_')")
        page.click("[data-act=add]")
    page.select_option("[data-choice=frames]", "16")
    page.wait_for_selector(".gv-path-stage canvas[data-frames='16']")
    least = float(page.get_attribute(".gv-path-plot", "data-least"))
    page.select_option("[data-choice=kind]", "lerp")
    page.wait_for_function(
        "least => Number(document.querySelector('.gv-path-plot').dataset.least) < least", arg=least
    )
    first = picture_of(page, ".gv-path-stage canvas")
    # endless loops of animation frames are slowed down: it does not play by them
    page.evaluate(
        "() => { window.frame_ = requestAnimationFrame; requestAnimationFrame = () => 0; }"
    )
    page.click("[data-act=play]")
    page.wait_for_function(
        "first => document.querySelector('.gv-path-stage canvas').toDataURL() !== first",
        arg=first,
        polling=50,
    )
    page.evaluate("window.requestAnimationFrame = window.frame_, 0")
    # it goes on playing where its frames are other ones
    page.select_option("[data-choice=frames]", "32")
    page.wait_for_selector(".gv-path-stage canvas[data-frames='32']")
    assert page.text_content("[data-act=play]") == "Pause"
    expect_change(page, ".gv-path-stage canvas", picture_of(page, ".gv-path-stage canvas"))
    page.click("[data-act=play]")
    with held_back(page, "**/gv/explore/samples"):  # a click while they are on their way
        page.select_option("[data-choice=kind]", "slerp")
        page.wait_for_function(
            "least => Number(document.querySelector('.gv-path-plot').dataset.least) >= least",
            arg=least,
        )
        page.click("[data-act=play]")
        first = picture_of(page, ".gv-path-stage canvas")
    expect_change(page, ".gv-path-stage canvas", first)
    page.click("[data-act=play]")
    page.focus(".gv-path-keys li >> nth=0")
    names = page.locator(".gv-path-keys li").evaluate_all("all => all.map(one => one.ariaLabel)")
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_function(
        "name => document.querySelectorAll('.gv-path-keys li')[1].ariaLabel.endsWith(name)",
        arg=names[0].split(": ")[1],
    )
    page.fill("[aria-label='Name of the path']", "There and back")
    page.click(".gv-path [data-act=keep]")
    page.wait_for_function(
        "document.querySelector('.gv-path').textContent.includes('There and back')"
    )
    with page.expect_download() as download:
        page.click("[data-act=film]")
    assert Image.open(download.value.path()).n_frames == 32


def test_a_picture_is_found_and_compared_with_the_data(visit, kept):
    page = explore(visit, kept, "&z=seed-7_class-3&panel=find")
    answered(page)
    before = picture_of(page, CANVAS)
    box = page.locator(".gv-find-pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8, steps=4)
    page.mouse.up()
    page.click("[data-act=find]")
    page.wait_for_selector("canvas[data-done='1']")
    page.click("[data-act=training]")
    page.set_input_files(".gv-find input[type=file]", files=[BROKEN])
    page.wait_for_function("document.querySelector('.gv-find').textContent.includes('no picture')")
    page.click("[data-act=find]")
    page.wait_for_function("document.querySelector('[data-act=find]').textContent === 'Stop'")
    page.click("[data-act=find]")
    said = "document.querySelector('.gv-find .gv-caption[role=status]').textContent"
    page.wait_for_function(f"/^Stopped .* stands\\./.test({said})")
    page.click("[data-act=go]")
    expect_change(page, CANVAS, before)

    page.click("[data-panel=copied]")
    page.wait_for_selector(".gv-copied[data-of]")
    assert page.locator(".gv-copied-row canvas").count() == 16
    assert "of real pictures" in page.text_content(".gv-copied") or "may be a copy" in (
        page.text_content(".gv-copied")
    )


def test_a_run_that_somebody_deletes_is_left_and_another_can_be_chosen(visit, server, kept):
    page = explore(visit, kept, "&panel=path")
    for _ in range(2):
        page.click("[data-act=add]")
    page.wait_for_selector(".gv-path-stage canvas[data-frames='64']")
    page.click("[data-act=play]")
    trashed = server.keep(kept, "delete")["trashed"]
    page.click("#gv-explore-random")
    page.wait_for_selector("#gv-explore-wait:has-text('not here any more')")
    assert page.text_content("[data-act=play]") == "Play"  # nothing goes on that cannot be stopped
    assert page.is_disabled("#gv-explore-random") and "at=" not in page.evaluate("location.search")
    listed = page.locator(f"#gv-explore-run option[value='{kept}']")
    assert listed.count() == 0 and page.is_enabled("#gv-explore-run")
    server.keep(kept, "restore", trashed=trashed)
    listed.wait_for(state="attached")
    page.select_option("#gv-explore-run", kept)
    page.wait_for_selector("#gv-explore-side[data-ready=yes]")
    answered(page)
    assert page.is_enabled("#gv-explore-random")


BROKEN = {"name": "broken.png", "mimeType": "image/png", "buffer": b"\x89PNG nothing more"}


def test_sums_ds_eye_and_inside(visit, kept):
    page = explore(visit, kept, "&z=seed-1_class-1&panel=combine")
    page.click("#gv-explore-star")
    page.click("#gv-explore-random")
    page.wait_for_function("!location.search.includes('seed-1_')")
    page.click("#gv-explore-star")
    page.wait_for_selector(".gv-combine-sum")
    page.wait_for_selector(".gv-combine-row[data-drawn]")
    answered(page)
    here = picture_of(page, CANVAS)
    page.click("text=Go there >> nth=0")
    there = expect_change(page, CANVAS, here)
    page.click("[aria-label='Take psi 0.3']")
    expect_change(page, CANVAS, there)
    page.click("[data-act=measure]")
    page.wait_for_selector(".gv-combine-chart[data-count='7']")

    page.click("[data-panel=eye]")
    page.wait_for_selector("canvas[data-shown][aria-label='dD/dx over this picture']")
    page.click("[data-act=morph]")
    page.wait_for_selector(".gv-eye [aria-label='Go to step 8']")
    page.click("[data-act=fool]")
    page.wait_for_function(
        "document.querySelector('.gv-eye').textContent.includes('score goes from')"
    )

    page.click("[data-panel=inside]")
    page.wait_for_selector(".gv-inside-maps[data-drawn]")
    plain = picture_of(page, ".gv-inside-picture")
    page.click("[data-unit] >> nth=0")
    page.wait_for_selector("[data-unit][data-state=off]")
    expect_change(page, ".gv-inside-picture", plain)
    page.click(".gv-inside-picture", position={"x": 150, "y": 150})
    page.wait_for_selector(".gv-inside-maps[data-ranked]")
    answered(page)
    before = picture_of(page, CANVAS)
    page.click("[data-mode=drag]")
    box = page.locator(".gv-inside-picture").bounding_box()
    page.mouse.move(box["x"] + 120, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 140)
    page.mouse.up()
    page.wait_for_selector(".gv-inside-picture[data-dragged]")
    expect_change(page, CANVAS, before)

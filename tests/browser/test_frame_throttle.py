"""What slows Gradio's endless animation: it is slowed, any other is left alone."""

from __future__ import annotations

import pytest

from ganviz.server.static import ASSETS

SAME = """() => { window.frames_ = 0;
  const loop = () => { window.frames_ += 1; requestAnimationFrame(loop); };
  requestAnimationFrame(loop); }"""
ANEW = """() => { window.frames_ = 0;
  const loop = () => requestAnimationFrame(() => { window.frames_ += 1; loop(); });
  loop(); }"""


@pytest.fixture
def page(chromium):
    """A blank page with a clock that only the test moves, and the script."""
    page = chromium.new_page()
    page.clock.install(time=0)
    page.set_content("<p>Nothing moves here.</p>")
    page.clock.pause_at(1000)
    page.add_script_tag(path=str(ASSETS / "lib" / "frame_throttle.js"))
    yield page
    page.close()


def frames_in(page, seconds):
    before = page.evaluate("window.frames_")
    page.clock.run_for(1000 * seconds)
    return page.evaluate("window.frames_") - before


@pytest.mark.parametrize("loop", [SAME, ANEW])
def test_an_endless_loop_is_slowed_until_somebody_touches_the_page(page, loop):
    page.evaluate(loop)
    assert frames_in(page, 2) > 100
    frames_in(page, 2)
    assert frames_in(page, 4) <= 16
    page.keyboard.press("a")
    assert frames_in(page, 2) > 100
    frames_in(page, 2)
    assert frames_in(page, 4) <= 16


def test_drawing_now_and_then_is_never_slowed(page):
    """The page's own drawing asks for a frame when there is news, with the same function each
    time."""
    page.evaluate("""() => { window.frames_ = 0; const flush = () => { window.frames_ += 1; };
      setInterval(() => requestAnimationFrame(flush), 100); }""")
    assert frames_in(page, 10) >= 99


def test_a_slowed_frame_can_be_called_off(page):
    page.evaluate("""() => { window.frames_ = 0;
      const loop = () => { window.frames_ += 1; window.asked = requestAnimationFrame(loop); };
      window.asked = requestAnimationFrame(loop); }""")
    frames_in(page, 5)
    page.evaluate("cancelAnimationFrame(window.asked)")
    assert frames_in(page, 5) == 0


COUNTED = """const request = window.requestAnimationFrame.bind(window); window.frames_ = 0;
  window.requestAnimationFrame = (task) => { window.frames_ += 1; return request(task); };"""


# The same, and nothing that comes later can put another in its place.
COUNTED_FOR_GOOD = """const request = window.requestAnimationFrame.bind(window); window.frames_ = 0;
  const counted = (task) => { window.frames_ += 1; return request(task); };
  Object.defineProperty(window, "requestAnimationFrame", { get: () => counted, set() {} });"""


FRAMES = "[window.frames_, performance.now() / 1000]"


def test_gradio_leaves_an_animation_behind_and_the_idle_app_draws_next_to_nothing(visit, idle):
    """Where the first assertion fails, a new Gradio needs ``frame_throttle.js`` no longer: remove
    it."""
    unslowed, app = (
        visit(before=lambda page, script=script: page.add_init_script(script))
        for script in (COUNTED_FOR_GOOD, COUNTED)
    )
    for _ in range(2):  # some seconds after the start, then what counts
        before = [page.evaluate(FRAMES) for page in (unslowed, app)]
        app.wait_for_timeout(3500)
        after = [page.evaluate(FRAMES) for page in (unslowed, app)]
    without, within = (
        (frames - first) / (end - begin)
        for (first, begin), (frames, end) in zip(before, after, strict=True)
    )
    assert without > 10  # frames a second
    assert within < 5

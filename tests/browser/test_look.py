"""What a person sees: everything for the main job on one screen, in both themes, on a desk and on a
phone."""

from __future__ import annotations

from pathlib import Path

from .conftest import DESKTOP, PHONE, drawn_twice, in_both_themes, stop

MAIN_CONTROLS = (
    "#gv-f-preset",
    "#gv-train",
    "#gv-f-data",
    "#gv-f-objective",
    "#gv-f-steps",
    "#gv-stage",
    "#gv-scrub",
    "#gv-plot-loss",
    "#gv-plot-score",
    "#gv-latent-canvas",
    "#gv-sliders",
    "#gv-strip",
    "#gv-status",
    "#gv-theme",
)
SCROLLS = (
    "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - "
    "innerHeight]"
)


def test_everything_for_the_main_job_is_in_view(server, trained):
    """After a run on pictures: points have no latent picture and no strip of pictures."""
    stop(server)
    trained.wait_for_selector("body[data-gv-state=stopped]")
    for theme in in_both_themes(trained):
        assert trained.evaluate(SCROLLS) == [0, 0], theme
        for selector in MAIN_CONTROLS:
            box = trained.locator(selector).bounding_box()
            assert box, (theme, selector)
            assert 0 <= box["x"] <= DESKTOP["width"] - box["width"], (theme, selector)
            assert 0 <= box["y"] <= DESKTOP["height"] - box["height"], (theme, selector)


STICKING_OUT = """() => {
  const all = [...document.querySelectorAll(".gv-card :is(button, input, select, a, canvas)")];
  const scrolls = (node) => node && !node.matches(".gv-card")
    && (/auto|scroll/.test(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
  return all.filter((node) => node.checkVisibility() && !scrolls(node)).filter((node) => {
    const { left, right } = node.getBoundingClientRect();
    const card = node.closest(".gv-card, .gv-latent-body").getBoundingClientRect();
    return left < card.left - 1 || right > card.right + 1;
  }).map((node) => node.id || node.ariaLabel || node.textContent.trim());
}"""


def test_nothing_sticks_out_of_its_card(visit, server, trained):
    """After a run: captions are there as well."""
    stop(server)
    page = trained
    tabs = page.eval_on_selector_all("#gv-tabs [role=tab]", "all => all.map(one => one.id)")
    for tab in tabs:
        page.click(f"#{tab}")
        page.wait_for_selector(f"#{tab.removesuffix('-button')}", state="visible")
        for width in (1440, 1280, 1024, 820):
            page.set_viewport_size({"width": width, "height": 768})
            drawn_twice(page)
            assert page.evaluate(STICKING_OUT) == [], (tab, width)


def test_a_phone_never_scrolls_sideways(visit, idle):
    page = visit(PHONE)
    assert page.locator("#gv-train").bounding_box()["y"] < PHONE["height"] / 2
    for opened in (False, True):
        if opened:
            page.click("#gv-settings-open")
            for group in page.locator(".gv-group > button").all():
                group.click()
            page.wait_for_timeout(300)
        for theme in in_both_themes(page):
            assert page.evaluate(SCROLLS)[0] == 0, (theme, opened)


def test_no_text_is_fainter_than_it_should_be(visit, idle):
    """WCAG AA, 4.5 to 1, for the words that the page's own parts draw."""
    page = visit()
    for theme in ("light", "dark"):
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
        for name in ("ink", "soft", "muted", "d", "fake", "real", "warn"):
            ratio = page.evaluate(CONTRAST, [f"--gv-{name}", "--gv-card"])
            assert ratio >= 4.5, f"{name} on card, {theme}: {ratio:.2f}"


CONTRAST = """([front, back]) => {
  const luminance = (name) => {
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = `var(${name})`;
    const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
    probe.remove();
    const [r, g, b] = parts.map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055)
      / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light, dark] = [luminance(front), luminance(back)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}"""


def test_the_chosen_theme_is_kept(visit, idle):
    page = visit(theme="light")
    assert not page.evaluate("document.body.classList.contains('dark')")
    page.click("#gv-theme")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.reload()
    page.wait_for_selector("body[data-gv-ready=yes]")
    page.wait_for_function("document.body.classList.contains('dark')")


def test_every_control_has_a_name(visit, idle):
    page = visit()
    nameless = page.evaluate("""() => [...document.querySelectorAll(
          'button, input, select, textarea, canvas[role=img]')]
        .filter((node) => node.checkVisibility() && !(
          node.getAttribute('aria-label') || node.textContent.trim()
            || node.labels?.length || node.getAttribute('aria-labelledby') || node.title))
        .map((node) => node.outerHTML.slice(0, 120))""")
    assert nameless == []


def test_terms_are_explained_where_they_stand(visit, idle):
    page = visit()
    page.focus("[data-tip=latent]")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.wait_for_selector("#gv-pop.gv-open")
    assert "latent vector z" in page.text_content("#gv-pop")
    page.keyboard.press("Escape")
    page.wait_for_selector("#gv-pop:not(.gv-open)", state="attached")


def test_what_has_no_icon_of_its_own_gets_ours(visit, server):
    """A report, a picture in a tab of its own: a browser asks at the root."""
    ours = Path(__file__).parents[2] / "assets" / "icon.svg"
    answer = visit().request.get(f"{server.url}/favicon.ico")
    assert answer.body() == ours.read_bytes() and "svg" in answer.headers["content-type"]

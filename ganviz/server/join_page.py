"""The page that joins a class: all that somebody without the code sees. It loads nothing else, and
needs no script."""

from __future__ import annotations

from html import escape
from string import Template

from starlette.responses import HTMLResponse

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'self'",
}
PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Join the class · ganviz</title>
<style>
:root { --ink: #1a2230; --muted: #5b6575; --page: #f4f6fa; --card: #fff; --line: #cfd6e2;
  --accent: #2f5fd0; --wrong: #a3262e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebf2; --muted: #a3adbd; --page: #12161d; --card: #1b212b; --line: #3a4454;
    --accent: #8db0ff; --wrong: #ff9aa0; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px;
  background: var(--page); color: var(--ink); font: 17px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 358px; padding: 28px 22px; border-radius: 16px;
  background: var(--card); border: 1px solid var(--line); }
svg { display: block; margin-bottom: 14px; }
h1 { margin: 0 0 6px; font-size: 24px; line-height: 1.25; }
p { margin: 0 0 18px; color: var(--muted); }
label { display: block; font-weight: 600; margin-bottom: 6px; }
input { width: 100%; padding: 12px; border-radius: 10px; border: 1.5px solid var(--line);
  background: var(--page); color: var(--ink); font: 600 28px/1.2 ui-monospace, monospace;
  letter-spacing: .2em; text-align: center; text-transform: uppercase; }
button { width: 100%; margin-top: 14px; padding: 13px; border: 0; border-radius: 10px;
  background: var(--accent); color: var(--card); font: 600 18px/1.2 system-ui, sans-serif;
  cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.problem { color: var(--wrong); font-weight: 600; }
small { display: block; margin-top: 18px; color: var(--muted); font-size: 14px; }
</style>
</head>
<body>
<main>
<svg viewBox="0 0 32 32" width="44" height="44" aria-hidden="true"><circle cx="12" cy="16" r="9"
  fill="#2f6fd6"/><circle cx="20" cy="16" r="9" fill="#9a4fd0" opacity=".85"/></svg>
<h1>Join the class</h1>
$body
<small>No name and no account: you are called after an animal, and the server keeps nothing
about you.</small>
</main>
</body>
</html>
""")
FORM = Template("""<p>Type the code that the presenter shows, or scan the QR code.</p>
$problem
<form method="post" action="$action">
<label for="code">Code</label>
<input id="code" name="code" required autofocus maxlength="12" autocomplete="off"
  autocapitalize="characters" spellcheck="false" inputmode="text">
<button type="submit">Join</button>
</form>""")
CLOSED = Template("""$problem""")


def join_page(
    problem: str = "", status: int = 200, action: str = "join", closed: bool = False
) -> HTMLResponse:
    """The page, with the sentence ``problem`` where something was wrong; ``action``: where its form
    goes, relative to it; ``closed``: without a form, as trying again would change nothing."""
    words = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    body = (CLOSED if closed else FORM).substitute(problem=words, action=action)
    return HTMLResponse(PAGE.substitute(body=body), status, HEADERS)

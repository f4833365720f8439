"""Start the dashboard: flags, port, server, browser, and a clean end."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import socket
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ganviz import pacing
from ganviz.stop_signals import catch_stop_signals

if TYPE_CHECKING:
    from ganviz.classroom import Classroom
    from ganviz.classroom.keys import Keys
    from ganviz.runs.manager import RunManager
    from ganviz.server import Gate
    from ganviz.server.limits import Limits

# of the extra `ui`; a core installation trains without
NEEDED = ("gradio", "plotly", "websockets", "segno")
FIRST_PORT, LAST_PORT = 7860, 7899
# the path below which a proxy shows the page, where it does not say so in a header
ROOT_PATH_VARIABLE = "GRADIO_ROOT_PATH"
# a presenter's key that is not left to chance, such as that of a container
KEY_VARIABLE = "GANVIZ_PRESENTER_KEY"
SHORTEST_KEY = 16


def main(arguments: list[str] | None = None) -> int:
    """``python app.py``: serve until Ctrl-C. Returns the exit status."""
    options = _flags().parse_args(arguments)
    missing = [package for package in NEEDED if find_spec(package) is None]
    if missing:
        print(
            f"The dashboard needs {' and '.join(missing)}. Install what belongs to it with: "
            "pip install 'ganviz[ui]' (training without a page needs none of it).",
            file=sys.stderr,
        )
        return 2
    # imports make a million objects that all stay: looking through them costs a fifth of the start
    gc.disable()
    try:
        port = _choose_port(options.host, options.port)
        if port is None:
            return 2
        manager = _make_manager(options)
        if manager is None:
            return 2
        classroom = _make_classroom(options, port)
        if classroom is None:
            return 2
        url = _open_or_say(manager, options.host, port, classroom)
        if url is None:
            return 2
    except KeyboardInterrupt:
        print("Stopped before the page was up; nothing was running.", file=sys.stderr)
        return 130
    finally:
        gc.enable()
    gc.freeze()
    _warm(manager)
    print(
        f"ganviz is at {url}  (data in {options.data_root}, runs in {options.runs_root}; Ctrl-C "
        f"stops it)",
        flush=True,
    )
    if classroom.keys is not None:
        url = _invite(classroom.keys, options.host, port, url)
    if not options.no_browser and _has_display():
        import webbrowser

        webbrowser.open(url)
    _wait_for_the_end()
    print("Saving and closing.", flush=True)
    _close(manager)
    return 0


def _open_or_say(manager: RunManager, host: str, port: int, classroom: Classroom) -> str | None:
    """The page's address, or None after telling that somebody else took the port meanwhile: it was
    looked at before some seconds of imports."""
    try:
        return open_dashboard(manager, host, port, classroom)
    except OSError as problem:
        print(
            f"Cannot listen on {host}:{port} ({problem}). Another program took it meanwhile: start "
            "again, or choose another --port.",
            file=sys.stderr,
        )
        return None


def open_dashboard(
    manager: RunManager, host: str, port: int, classroom: Classroom | None = None
) -> str:
    """Serve the page for the runs of ``manager`` from a background thread; returns the address."""
    from ganviz.server.limits import Limits
    from ganviz.server.serve import serve

    limits = Limits.of_this_process()
    serve(application(manager, classroom, limits), host, port, limits)
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"


def application(
    manager: RunManager, classroom: Classroom | None = None, limits: Limits | None = None
) -> Gate:
    """The page for the runs of ``manager``, behind the gate: an ASGI application. Without a
    ``classroom`` whoever reaches it commands."""
    # read at import: nothing leaves the machine
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware import Middleware

    from ganviz.classroom import Classroom
    from ganviz.server import Gate, routes
    from ganviz.server.compression import compression
    from ganviz.server.page_head import PageHead
    from ganviz.ui import dashboard as page

    dashboard, classroom = page.build(), classroom or Classroom()
    app = FastAPI(
        routes=routes(manager, classroom),
        middleware=[
            compression(),
            Middleware(PageHead, head=lambda visitor: page.head(dashboard, visitor)),
        ],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    gr.mount_gradio_app(app, dashboard, "/", ssr_mode=False, **page.launch_options())
    root_path = os.environ.get(ROOT_PATH_VARIABLE, "")
    return Gate(app, limits=limits, root_path=root_path, classroom=classroom)


def _warm(manager: RunManager) -> None:
    """Get ready for the default preset while the person looks at the page: the first Train then
    starts at once."""
    from ganviz.config import RunConfig
    from ganviz.ui.form import default_preset

    timer = threading.Timer(
        pacing.WARM_DELAY, manager.warm, (RunConfig.from_preset(default_preset()),)
    )
    timer.daemon = True
    timer.start()


def _flags() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py", description="Train GANs and watch them live, in the browser."
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument(
        "--port", type=int, help=f"port to listen on (default: {FIRST_PORT}, or the next free one)"
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)"
    )
    parser.add_argument(
        "--data-root",
        type=_path,
        default=Path("data"),
        help="where data sets are kept (default: ./data)",
    )
    parser.add_argument(
        "--runs-root",
        type=_path,
        default=Path("runs"),
        help="where runs are kept (default: ./runs)",
    )
    parser.add_argument(
        "--class",
        dest="with_class",
        action="store_true",
        help="others join by a code and cannot command, as with a --host that others can reach; "
        "for a server behind a proxy",
    )
    parser.add_argument(
        "--new-class",
        action="store_true",
        help="forget who joined before the last start, and make a new key and code",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser window")
    return parser


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _make_classroom(options: argparse.Namespace, port: int) -> Classroom | None:
    """The class that may join, or None after telling what is wrong. Whoever reaches a server that
    only this machine can reach is at the machine, and has nothing to join."""
    from ganviz.classroom import Classroom
    from ganviz.server.invitation import is_loopback

    key = os.environ.get(KEY_VARIABLE, "")
    if key and (len(key) < SHORTEST_KEY or not key.isascii() or not key.isalnum()):
        print(
            f"{KEY_VARIABLE} is no safe key: give at least {SHORTEST_KEY} letters and digits.",
            file=sys.stderr,
        )
        return None
    if is_loopback(options.host) and not (options.with_class or options.new_class or key):
        return Classroom()
    return Classroom.open(options.data_root / f"class-{port}.json", key, options.new_class)


def _invite(keys: Keys, host: str, port: int, url: str) -> str:
    """Print how presenters and the class come in; returns the presenter's link."""
    from ganviz.server.invitation import Invitation, home_of, is_loopback

    home = home_of(host, port)
    invitation, mine = Invitation.at(home, keys), f"{url}/present/{keys.presenter}"
    print(f"\nPresenter's link (keep it to yourself):  {mine}")
    if home != f"{url}/":
        print(f"  from another device of yours:          {home}present/{keys.presenter}")
    if is_loopback(host):
        print("  behind a proxy: its address in the place of this machine's")
        print(
            f"\nThe class joins at the proxy's address and /join   code  {keys.code}\n", flush=True
        )
        return mine
    print(f"\nThe class joins at  {invitation.address}   code  {keys.code}\n")
    with contextlib.suppress(UnicodeEncodeError):
        print(invitation.terminal(), flush=True)
    return mine


def _choose_port(host: str, wanted: int | None) -> int | None:
    """The port to serve on, or None after telling why there is none."""
    if wanted is not None:
        if not 1 <= wanted <= 65_535:
            print(f"Port {wanted} does not exist: give a number from 1 to 65535.", file=sys.stderr)
            return None
        problem = _cannot_bind(host, wanted)
        if problem:
            print(
                f"Cannot listen on {host}:{wanted} ({problem}). Choose another --port, or leave "
                f"it out.",
                file=sys.stderr,
            )
            return None
        return wanted
    for port in range(FIRST_PORT, LAST_PORT + 1):
        problem = _cannot_bind(host, port)
        if problem is None:
            if port != FIRST_PORT:
                print(f"Port {FIRST_PORT} is busy; using {port}.", flush=True)
            return port
    print(
        f"Cannot listen on {host}, ports {FIRST_PORT} to {LAST_PORT} ({problem}). Give a free one "
        f"with --port.",
        file=sys.stderr,
    )
    return None


def _cannot_bind(host: str, port: int) -> str | None:
    """Why a server cannot listen there, or None."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except OSError as error:
        return error.strerror or str(error)
    return None


def _has_display() -> bool:
    """A browser opened here would be seen by the person who typed the command."""
    if os.environ.get("SSH_CONNECTION") or os.environ.get("CI"):
        return False
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _wait_for_the_end() -> None:
    """Block until Ctrl-C, a termination signal, or the hang-up of the terminal. They stay caught:
    one that is sent twice must not end the saving."""
    stop = catch_stop_signals()
    # a wait without end would not see Ctrl-C on Windows
    while stop.number is None:
        time.sleep(pacing.JOIN_POLL_INTERVAL)


def _close(manager: RunManager) -> None:
    """Save the run and leave; open browser tabs hold sockets, so the server's own shutdown is not
    waited for."""
    saving = threading.Thread(target=manager.close, args=(pacing.SHUTDOWN_GRACE,), daemon=True)
    saving.start()
    saving.join(pacing.SHUTDOWN_GRACE)
    if saving.is_alive():
        print(
            "The run was still busy with a step; it can be resumed from its last save.",
            file=sys.stderr,
        )
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(
        0
    )  # the server's and the trainer's threads end here, not in an interpreter half torn down


def _make_manager(options: argparse.Namespace) -> RunManager | None:
    """The one owner of runs, or None after telling what is wrong with the flags."""
    from ganviz.errors import GanvizError

    try:
        for flag, root in (("--runs-root", options.runs_root), ("--data-root", options.data_root)):
            _make_folder(flag, root)
        if not os.access(options.runs_root, os.W_OK):
            raise GanvizError(
                f"Runs cannot be kept in {options.runs_root}: the folder may not be written. "
                "Choose another with --runs-root."
            )
        from ganviz.device import pick_device
        from ganviz.probes import default_observers
        from ganviz.runs.manager import RunManager

        return RunManager(
            options.runs_root,
            options.data_root,
            pick_device(options.device),
            lambda: default_observers(options.data_root),
        )
    except GanvizError as error:
        print(error.sentence, file=sys.stderr)
        return None


def _make_folder(flag: str, root: Path) -> None:
    """Create ``root``; a `GanvizError` names the flag where that cannot be."""
    from ganviz.errors import GanvizError

    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GanvizError(
            f"Cannot use the folder {root} ({error.strerror}). Choose another with {flag}."
        ) from None

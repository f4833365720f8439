"""The core installation has no gradio, plotly, starlette or websockets: it trains, resumes, samples
and exports all the same, and says what the dashboard needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
ABSENT = (
    "gradio",
    "plotly",
    "starlette",
    "fastapi",
    "uvicorn",
    "websockets",
    "brotli",
    "latex2mathml",
    "av",
)
# a finder that answers first, as if the packages were not installed
WITHOUT = f"""
import importlib.util, json, sys
ABSENT = {ABSENT!r}

class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent)
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: (
    None if name.partition(".")[0] in ABSENT else found(name, *rest)
)
"""
SETTINGS = {
    "data": "digits",
    "image_size": 8,
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": [16],
    "d_hidden": [16],
    "g_norm": "none",
    "batch_size": 16,
    "steps": 10,
}


def without_them(code: str, folder: Path) -> list:
    """What ``code`` leaves in ``seen``, run by a Python that finds none of the packages."""
    done = subprocess.run(
        [sys.executable, "-c", f"{WITHOUT}\nseen = []\n{code}\nprint(json.dumps(seen))"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """One process does it all: each start costs the seconds of importing torch."""
    folder = tmp_path_factory.mktemp("headless")
    code = f"""
import ganviz
from ganviz.cli import main
result = ganviz.train(json.loads({json.dumps(json.dumps(SETTINGS))}), "runs/one", device="cpu")
seen.append([result.state, result.step])
seen.append(main(["resume", "runs/one", "--steps", "15"]))
seen.append(main(["sample", "runs/one", "--n", "4", "--out", "four.png"]))
seen.append([name for name in ABSENT if name in sys.modules])
from contextlib import redirect_stderr
from io import StringIO
for arguments in (["export", "runs/one", "--film", "film.mp4"],
                  ["export", "runs/one", "--page", "page"], ["ui"]):
    said = StringIO()
    with redirect_stderr(said):
        status = main(arguments)
    seen.append([status, " ".join(said.getvalue().split())])
"""
    return without_them(code, folder)


def test_a_run_is_trained_resumed_and_sampled(seen):
    assert seen[0] == ["finished", 10]
    assert seen[1:3] == [0, 0]
    assert seen[3] == []


@pytest.mark.parametrize(
    ("place", "package"), [(4, "pip install av"), (5, "pip install plotly"), (6, "ganviz[ui]")]
)
def test_what_needs_a_missing_package_says_which(seen, place, package):
    status, sentence = seen[place]
    assert status == 2
    assert package in sentence
    assert "Traceback" not in sentence

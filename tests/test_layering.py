"""Who may import whom (the layering), read from the source."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "stn_core"
APP = ROOT / "app"

# A file of the library imports only from those above it; a folder is one room.
ORDER = [
    "errors",
    "typed_json",
    "layers",
    "transforms",
    "sampling",
    "localisation",
    "trace",
    "spatial_transformer",
    "classifiers",
    "weights",
    "networks",
    "digits",
    "distortions",
    "objectives",
    "muon",
    "experiment",
    "experiments",
    "evaluation",
    "checkpoints",
    "foreign_checkpoints",
    "metrics",
    "card",
    "layer_tracing",
    "conversion",
    "watched",
    "runs",
    "results",
    "report",
    "invariance",
    "publishing",
    "launcher",
    "training",
    "box_search",
    "sweep",
    "bench",
    "commands",
    "__main__",
]
# In the app, what is in neither of these (panels, controls, loading, jobs, ...) stands between.
GROUND = {"palette": 0, "figures": 1, "pictures": 1, "sketch": 1, "stage": 1}
BETWEEN = 2
VIEWS = 3
MAIN = 4


def module_name(path: Path, folder: Path) -> str:
    """ "app/views/home.py" in "app" -> "views.home"; a package is its folder's name."""
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def files(folder: Path) -> dict[str, Path]:
    """Every module below a folder but the folder's own __init__, by name."""
    found = {module_name(path, folder): path for path in sorted(folder.rglob("*.py"))}
    return {name: path for name, path in found.items() if name}


def imports(path: Path) -> set[str]:
    """Every dotted name that a file imports; of ``from a import b`` both a and a.b."""
    package = path.parent.relative_to(ROOT).parts
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return names


def graph(folder: Path) -> dict[str, set[str]]:
    """Which modules of a folder each of them imports, by their names in it."""
    known = files(folder)
    prefix = f"{folder.name}."
    return {
        name: ({n.removeprefix(prefix) for n in imports(path)} & set(known)) - {name}
        for name, path in known.items()
    }


def top(name: str) -> str:
    return name.split(".")[0]


def app_rank(name: str) -> int:
    return {**GROUND, "views": VIEWS, "main": MAIN}.get(top(name), BETWEEN)


CORE_GRAPH, APP_GRAPH = graph(CORE), graph(APP)


def test_graphs_are_not_empty():
    """Else every test below would pass for having read nothing."""
    assert {"transforms", "trace"} <= CORE_GRAPH["spatial_transformer"]
    assert "experiments.distorted" in CORE_GRAPH["experiments"]
    assert "main" in APP_GRAPH
    assert any(APP_GRAPH.values())


def test_every_module_of_the_library_has_its_place_in_the_order():
    assert {top(name) for name in CORE_GRAPH} == set(ORDER)


@pytest.mark.parametrize("name", CORE_GRAPH)
def test_module_of_the_library_imports_only_from_above(name):
    for imported in CORE_GRAPH[name]:
        inside = top(name) == top(imported)
        assert inside or ORDER.index(top(imported)) < ORDER.index(top(name)), imported


@pytest.mark.parametrize("name", CORE_GRAPH)
def test_library_knows_neither_the_app_nor_streamlit(name):
    foreign = {top(imported) for imported in imports(files(CORE)[name])}
    assert not foreign & {"app", "streamlit", *map(top, set(APP_GRAPH) - set(CORE_GRAPH))}


@pytest.mark.parametrize("name", APP_GRAPH)
def test_module_of_the_app_imports_only_from_its_own_layer_or_below(name):
    for imported in APP_GRAPH[name]:
        assert app_rank(imported) <= app_rank(name), imported


def test_palette_imports_nothing_of_the_app():
    assert APP_GRAPH["palette"] == set()


@pytest.mark.parametrize("name", [n for n in APP_GRAPH if top(n) == "stage"])
def test_stage_imports_the_palette_alone(name):
    assert {top(imported) for imported in APP_GRAPH[name]} <= {"palette", "stage"}


@pytest.mark.parametrize("name", [n for n in APP_GRAPH if top(n) in ("pictures", "sketch")])
def test_pictures_and_the_sketch_import_nothing_of_the_app(name):
    assert {top(imported) for imported in APP_GRAPH[name]} <= {top(name)}


@pytest.mark.parametrize("name", [n for n in APP_GRAPH if n in ("figures", "pictures")])
def test_figures_and_pictures_know_no_streamlit(name):
    assert "streamlit" not in {top(imported) for imported in imports(files(APP)[name])}


@pytest.mark.parametrize("name", APP_GRAPH)
def test_no_module_but_main_imports_a_view(name):
    views = {imported for imported in APP_GRAPH[name] if top(imported) == "views"}
    assert name == "main" or not views - {"views"}


@pytest.mark.parametrize("imported", [CORE_GRAPH, APP_GRAPH], ids=["stn_core", "app"])
def test_imports_have_no_cycle(imported):
    assert set(graphlib.TopologicalSorter(imported).static_order()) == set(imported)


@pytest.mark.parametrize("folder", [CORE, APP, ROOT / "tests"], ids=lambda folder: folder.name)
def test_nothing_is_called_utils_or_helpers(folder):
    words = {"util", "utils", "helper", "helpers"}
    assert not [p for p in folder.rglob("*") if words & set(p.stem.lower().split("_"))]

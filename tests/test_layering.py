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
    "intervals",
    "departures",
    "tensor_files",
    "threads",
    "precision",
    "allocator",
    "typed_json",
    "pretrained",
    "layers",
    "transforms",
    "sampling",
    "localisation",
    "trace",
    "spatial_transformer",
    "watching",
    "classifiers",
    "weights",
    "networks",
    "digits",
    "distortions",
    "objectives",
    "muon",
    "recipes",
    "experiment",
    "pictures",
    "house_numbers",
    "birds",
    "experiments",
    "evaluation",
    "checkpoints",
    "foreign_checkpoints",
    "replacing",
    "metrics",
    "card",
    "layer_tracing",
    "conversion",
    "warp_files",
    "watched",
    "inspecting",
    "runs",
    "results",
    "part_lines",
    "report",
    "invariance",
    "measuring",
    "publishing_checks",
    "publishing",
    "launcher",
    "training",
    "box_search",
    "recorder",
    "tutorial_network",
    "sweep",
    "bench",
    "commands",
    "__main__",
]
# A room of the app imports from itself and from the rooms of the lines above its own.
ROOMS = [
    {"palette"},
    {"page", "tables", "figures"},
    {"stage", "sketch"},
    {"data"},
    {"training", "frame"},
    {"panels"},
    {"views", "notebook"},
    {"main"},
]


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
    """Of a module's room; StopIteration for a room that stands nowhere in the order."""
    return next(rank for rank, rooms in enumerate(ROOMS) if top(name) in rooms)


def page_of(name: str) -> str | None:
    """ "views.distorted.charts" -> "distorted": whose folder a module is in."""
    room, _, rest = name.partition(".")
    return top(rest) if room == "views" and rest else None


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


def test_every_module_of_the_app_has_its_room_in_the_order():
    assert {top(name) for name in APP_GRAPH} == set().union(*ROOMS)


@pytest.mark.parametrize("name", APP_GRAPH)
def test_module_of_the_app_imports_only_from_its_own_room_or_those_below(name):
    for imported in APP_GRAPH[name]:
        inside = top(imported) == top(name)
        assert inside or app_rank(imported) < app_rank(name), imported


def test_palette_imports_nothing_of_the_app():
    assert APP_GRAPH["palette"] == set()


@pytest.mark.parametrize("name", [n for n in APP_GRAPH if top(n) == "stage"])
def test_stage_imports_the_palette_alone(name):
    assert {top(imported) for imported in APP_GRAPH[name]} <= {"palette", "stage"}


@pytest.mark.parametrize("name", ["data.pictures", "sketch"])
def test_pictures_and_the_sketch_import_nothing_of_the_app(name):
    assert APP_GRAPH[name] == set()


@pytest.mark.parametrize("name", ["figures", "data.pictures"])
def test_figures_and_pictures_know_no_streamlit(name):
    assert "streamlit" not in {top(imported) for imported in imports(files(APP)[name])}


@pytest.mark.parametrize("name", APP_GRAPH)
def test_what_is_in_a_page_s_folder_is_imported_there_alone(name):
    pages = {page for imported in APP_GRAPH[name] if (page := page_of(imported))}
    assert pages <= {page_of(name)}


@pytest.mark.parametrize("imported", [CORE_GRAPH, APP_GRAPH], ids=["stn_core", "app"])
def test_imports_have_no_cycle(imported):
    assert set(graphlib.TopologicalSorter(imported).static_order()) == set(imported)


@pytest.mark.parametrize("folder", [CORE, APP, ROOT / "tests"], ids=lambda folder: folder.name)
def test_nothing_is_called_utils_or_helpers(folder):
    words = {"util", "utils", "helper", "helpers"}
    assert not [p for p in folder.rglob("*") if words & set(p.stem.lower().split("_"))]

"""The app's rooms: what is kept in them, and what each says of itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
ROOMS = ("data", "frame", "notebook", "panels", "sketch", "stage", "training", "views")
MAX_FILES_AT_THE_TOP = 6
FILES = {str(path.relative_to(APP)): path for path in sorted(APP.rglob("*.py"))}


def caches(path: Path) -> list[int]:
    """The lines of a file that name one of Streamlit's caches."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name | ast.alias)
        and str(getattr(node, "attr", getattr(node, "id", getattr(node, "name", "")))).startswith(
            "cache_"
        )
    ]


def test_rooms_are_all_the_folders_with_code():
    assert {name.split("/")[0] for name in FILES if "/" in name} == set(ROOMS)


def test_few_files_stand_outside_of_the_rooms():
    outside = [name for name in FILES if "/" not in name]
    assert 0 < len(outside) <= MAX_FILES_AT_THE_TOP


@pytest.mark.parametrize("room", ROOMS)
def test_room_says_what_lives_there_and_who_imports_it(room):
    words = ast.get_docstring(ast.parse((APP / room / "__init__.py").read_text()))
    assert "import" in words


def test_what_is_kept_from_run_to_run_is_kept_by_the_room_of_data():
    assert any(caches(path) for name, path in FILES.items() if name.startswith("data/"))


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("data/")])
def test_no_other_room_has_a_cache(name):
    assert caches(FILES[name]) == []

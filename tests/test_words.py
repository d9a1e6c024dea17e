"""Phrases that were retired for plainer ones stay out of everything that is displayed."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RETIRED = (
    r"\bIt is an? (<b>|\*\*|\$\{|\{)",
    r"[Tt]he hand (moves?|takes?)\b",
    r"✗( wrong)?, it is",
    r"the brighter the more",
    r"\bis read by\b",
    r"told by nothing but|told nothing but|told (the class|classes) alone",
    r"projected as it lies|\bas it lies\b",
    r"[Ss]tart this page afresh",
    r"what is to be hidden",
    r"Trained otherwise|trained otherwise",
    r"It is: (No|Yes)\b",
    r"Nobody said that it should|: it pays\b",
    r"gave other numbers|made of them the grid",
    r"at some angle it errs",
    r"is the grid's area beside",
    r"turned against the grid",
    r"Waiting for it to be done",
    r"[Tt]he address keeps how far",
    r"Close enough, the arrows agree",
    r"who still reads it",
    r"\bwanted( and|:)|[Tt]he wanted θ|: wanted",
    r"[Ww]hat is left of the pose",
    r"some ten seconds|are there to be watched",
    r"^beside$|beside: nothing",
    r"[Ii]s a difference one\b",
    r"[Ww]hat is taken for what|\btaken for\b",
    r"had not one recipe",
    r"[Ff]rom how far aside",
    r"\blooks? after\b",
    r"\bfor good\b",
)


def strings_of_python(source: str) -> Iterator[tuple[int, str]]:
    """Every string with its line: what it has in braces as ``{``; no docstrings."""
    tree = ast.parse(source)
    inside = {id(part) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for part in n.values}
    inside |= {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in (n for n in ast.walk(tree) if id(n) not in inside):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "{" for p in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


COMMENT = r"/\*.*?\*/|(?<!:)//[^\n]*"
LITERAL = r'"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`'


def strings_of_javascript(source: str) -> Iterator[tuple[int, str]]:
    """Every string and template, with its line. A template in a template is cut in pieces."""
    for found in re.finditer(f"{COMMENT}|({LITERAL})", source, re.DOTALL):
        if found[1]:
            yield source.count("\n", 0, found.start()) + 1, found[1][1:-1]


def paragraphs_of_markdown(source: str) -> Iterator[tuple[int, str]]:
    """Every paragraph as one line."""
    for found in re.finditer(r"(?:.+\n?)+", source):
        yield source.count("\n", 0, found.start()) + 1, " ".join(found[0].split())


READERS = {
    ".py": strings_of_python,
    ".js": strings_of_javascript,
    ".md": paragraphs_of_markdown,
}


def retired_in(name: str, source: str) -> list[str]:
    """Where the source of a file has a retired phrase, as ``name:line: words``."""
    return [
        f"{name}:{line}: {text[:80]}"
        for line, text in READERS[Path(name).suffix](source)
        for phrase in RETIRED
        if re.search(phrase, text)
    ]


def shown_files() -> list[str]:
    asked = ["git", "ls-files", "app", "stn_core", "*.md"]
    names = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [n for n in names.split() if Path(n).suffix in READERS and "vendor" not in n]


@pytest.mark.parametrize("suffix", READERS)
def test_no_retired_phrase_is_shown(suffix):
    names = [name for name in shown_files() if name.endswith(suffix)]
    assert len(names) > 3
    assert not [at for name in names for at in retired_in(name, (ROOT / name).read_text())]


@pytest.mark.parametrize(
    ("name", "source", "lines"),
    [
        ("a.py", '"""The hand moves."""\nx = f"{y}: the hand " "moves it"\n', [2]),
        ("a.py", 'show(\n    "a", f"It is a {digit}"\n)\n', [2]),
        ("a.js", "// the hand moves\nsay(`${n}: the hand moves`, \"is read by 1\");\n", [2, 2]),
        ("a.md", "# A title\n\nA transformer looks\nafter channel 1.\n", [3]),
    ],
    ids=["docstring", "f-string", "comment", "two-lines"],
)  # fmt: skip
def test_retired_phrase_is_found(name, source, lines):
    assert [int(at.split(":")[1]) for at in retired_in(name, source)] == lines

"""The stage's modules as one script, for what takes a single file of JavaScript.

Each module becomes a function that gives what the module exports, in the order of the imports; its
source is otherwise as it is, so nothing has to be built. Such a script also runs where a browser
loads no module: in a page that is opened from a disk, and in a worker of that page.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from posixpath import dirname, join, normpath

FRONTEND = Path(__file__).parent / "frontend"
IMPORT = re.compile(
    r"^import\s+(?:(\{[^}]*\}|\*\s+as\s+\w+)\s+from\s+)?\"(\.[^\"]+)\";", re.MULTILINE
)
DECLARED = re.compile(
    r"^export (?=(?:async )?(?:function\*?|class|const) (\w+|\[[\w, ]+\]))", re.MULTILINE
)
DEFAULT = re.compile(r"^export default ", re.MULTILINE)
LISTED = re.compile(r"(?:^|(?<=;))export\s*\{([^}]*)\}(?!\s*from);?", re.MULTILINE)
LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
WORKER = re.compile(
    r"new Worker\(new URL\(\"(\.[^\"]+)\", import\.meta\.url\), \{ type: \"module\" \}\)"
)
# A file that a module reads by its address, which a module of a bundle has not.
BESIDE = re.compile(r"new URL\(\"(\.[^\"]+)\", import\.meta\.url\)")
SCRIPT = """const entry = (() => {{
"use strict";
const modules = {{}};
{modules}
return modules[{entry}];
}})();
"""
MODULE = """modules[{name}] = (() => {{
{source}
return {{ {exported} }};
}})();"""


def bundle(entry: str) -> str:
    """A module that exports what the entry does by default. entry: a file below FRONTEND."""
    return f"{script(entry)}export default entry.default;\n"


def script(entry: str) -> str:
    """A script in which ``entry`` has what that file exports. Raises ValueError for modules that
    import each other, and for an import or export in a form that none of the stage's has."""
    found: dict[str, str] = {}
    _collect(entry, found, ())
    return SCRIPT.format(modules="\n".join(found.values()), entry=json.dumps(entry))


def _collect(name: str, found: dict[str, str], above: tuple[str, ...]) -> None:
    """Add a module after all that it imports."""
    if name in above:
        raise ValueError(f"{name} imports itself, by way of {', '.join(above)}")
    if name in found:
        return
    exported: dict[str, str] = {}  # its names outside: what they are called inside

    def at(address: str) -> str:
        return normpath(join(dirname(name), address))

    def imported(match: re.Match) -> str:
        names, other = match[1], at(match[2])
        _collect(other, found, (*above, name))
        if names is None:
            return ""
        taken = names.replace(" as ", ": ") if names[0] == "{" else names.split()[-1]
        return f"const {taken} = modules[{json.dumps(other)}];"

    def declared(match: re.Match) -> str:
        exported.update({one: one for one in re.findall(r"\w+", match[1])})
        return ""

    def default(_: re.Match) -> str:
        exported["default"] = "byDefault"
        return "const byDefault = "

    def listed(match: re.Match) -> str:
        for one in match[1].split(","):
            inside, _, outside = one.strip().partition(" as ")
            exported[outside or inside] = inside
        return ""

    source = IMPORT.sub(imported, (FRONTEND / name).read_text())
    source = DECLARED.sub(declared, source)
    source = LISTED.sub(listed, DEFAULT.sub(default, source))
    if left := LEFT.search(source):
        raise ValueError(f"{name} cannot be put into one script with others: {left[0]}")
    source = WORKER.sub(lambda match: _worker(at(match[1])), source)
    source = BESIDE.sub(lambda match: _written(FRONTEND / at(match[1])), source)
    found[name] = MODULE.format(
        name=json.dumps(name),
        source=source.strip(),
        exported=", ".join(f"{outside}: {inside}" for outside, inside in exported.items()),
    )


def _worker(entry: str) -> str:
    """A worker by its own script: of a page from a disk, a browser starts no module."""
    blob = f'new Blob([{json.dumps(script(entry))}], {{ type: "text/javascript" }})'
    return f"new Worker(URL.createObjectURL({blob}))"


def _written(path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode()
    return f'new URL("data:application/octet-stream;base64,{content}")'

"""The stage's modules as one, for what takes a single file of JavaScript.

Each module is sent as it is, in the order of the imports. The browser makes an address of each, and
writes it into those that import it; so nothing has to be built.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from posixpath import dirname, join, normpath

FRONTEND = Path(__file__).parent / "frontend"
IMPORT = re.compile(r"^((?:import|export)\b[^;]*?\bfrom\s*|import\s*)\"(\.[^\"]+)\"", re.MULTILINE)
# A file that a module reads by its address, which a module of a bundle has not.
BESIDE = re.compile(r"new URL\(\"(\.[^\"]+)\", import\.meta\.url\)")
LOADER = """const modules = MODULES;
const addresses = {};
for (const [name, source] of modules) {
  const text = source.replace(/"module:([^"]+)"/g, (_, from) => `"${addresses[from]}"`);
  addresses[name] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}
const entry = await import(addresses[modules.at(-1)[0]]);
export default entry.default;
"""


def bundle(entry: str) -> str:
    """A module that exports what the entry does by default. entry: a file below FRONTEND."""
    found: dict[str, str] = {}
    _collect(entry, found, ())
    return LOADER.replace("MODULES", json.dumps(list(found.items())))


def _collect(name: str, found: dict[str, str], above: tuple[str, ...]) -> None:
    """Add a module after all that it imports, with their names in place of their paths."""
    if name in above:
        raise ValueError(f"{name} imports itself, by way of {', '.join(above)}")
    if name in found:
        return
    source = (FRONTEND / name).read_text()

    def named(match: re.Match) -> str:
        imported = normpath(join(dirname(name), match[2]))
        _collect(imported, found, (*above, name))
        return f'{match[1]}"module:{imported}"'

    def written(match: re.Match) -> str:
        content = (FRONTEND / normpath(join(dirname(name), match[1]))).read_bytes()
        data = base64.b64encode(content).decode()
        return f'new URL("data:application/octet-stream;base64,{data}")'

    replaced = BESIDE.sub(written, IMPORT.sub(named, source))
    found[name] = replaced

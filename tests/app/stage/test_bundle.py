"""The stage's modules as one file."""

from __future__ import annotations

import json
import re

import pytest

from app.stage import bundle


def modules() -> dict[str, str]:
    made = bundle.bundle("notebook.js")
    return dict(json.loads(re.match(r"const modules = (.*);$", made, re.MULTILINE)[1]))


def test_bundle_has_each_module_after_all_that_it_imports():
    before: set[str] = set()
    for name, source in modules().items():
        imported = set(re.findall(r'"module:([^"]+)"', source))
        assert imported <= before, name
        assert not re.search(r'(from|import)\s*"\.', source), name
        before.add(name)
    assert name == "notebook.js" and {"maths/sampling.js", "parts/handles.js"} <= before


def test_module_that_imports_itself_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "b.js").write_text('export { a } from "./a.js";\n')
    monkeypatch.setattr(bundle, "FRONTEND", tmp_path)
    with pytest.raises(ValueError, match="a.js imports itself"):
        bundle.bundle("a.js")

"""The stage's modules as one script."""

from __future__ import annotations

import re

import pytest

from app.stage import bundle


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A front end of the test's own."""
    monkeypatch.setattr(bundle, "FRONTEND", tmp_path)
    return tmp_path


@pytest.mark.parametrize("entry", ["notebook.js", "page.js"])
def test_script_has_each_module_after_all_that_it_imports(entry):
    before: set[str] = set()
    body = r'^modules\["([^"]+)"\] = \(\(\) => \{\n(.*?)\n^return \{'
    for name, source in re.findall(body, bundle.script(entry), re.MULTILINE | re.DOTALL):
        assert set(re.findall(r'= modules\["([^"]+)"\];', source)) <= before, name
        before.add(name)
    assert name == entry and {"maths/sampling.js", "parts/handles.js"} <= before


def test_names_are_handed_from_module_to_module(folder):
    (folder / "a.js").write_text(
        "export const [ONE, TWO] = [1, 2];\nexport function three() {}\n"
        "var b = 4;export{b as four};\n"
    )
    (folder / "b.js").write_text(
        'import * as a from "./a.js";\nimport { ONE, TWO as second } from "./a.js";\n'
        "export default { sum: ONE + second + a.four };\n"
    )
    script = bundle.script("b.js")
    assert "return { ONE: ONE, TWO: TWO, three: three, four: b };" in script
    assert 'const { ONE, TWO: second } = modules["a.js"];' in script
    assert 'const a = modules["a.js"];' in script
    assert "return { default: byDefault };" in script


def test_worker_and_the_files_beside_a_module_are_in_the_script(folder):
    (folder / "worker.js").write_text("self.onmessage = () => {};\n")
    (folder / "letters.bin").write_bytes(b"abc")
    (folder / "a.js").write_text(
        'new Worker(new URL("./worker.js", import.meta.url), { type: "module" });\n'
        'fetch(new URL("./letters.bin", import.meta.url));\n'
    )
    script = bundle.script("a.js")
    assert "import.meta" not in script and "YWJj" in script
    assert re.search(r'new Worker\(URL.createObjectURL\(new Blob\(\[".*self.onmessage', script)


def test_module_that_imports_itself_is_refused(folder):
    (folder / "a.js").write_text('import { b } from "./b.js";\n')
    (folder / "b.js").write_text('import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match="a.js imports itself"):
        bundle.script("a.js")


@pytest.mark.parametrize("line", ['export { b } from "./b.js";', "export let b = 1;"])
def test_form_that_cannot_be_joined_is_refused(folder, line):
    (folder / "a.js").write_text(line)
    with pytest.raises(ValueError, match="a.js cannot be put into one script"):
        bundle.script("a.js")

"""What index.js expects of a layout, as layouts.js writes it down, and what the layouts have."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.browser.serving import ROOT

FRONTEND = ROOT / "app" / "stage" / "frontend"
NAMES = (
    *("large", "strip", "replay", "wall", "volume", "story"),
    *("labels", "beat", "bare", "chart", "predict", "digits", "learn", "depth"),
    *("verdicts", "windows"),
)
USERS = ("index.js", "output/export.js", "output/link.js", "parts/keys.js")


@dataclass(frozen=True, kw_only=True)
class Member:
    """A property of the interface."""

    name: str
    is_method: bool
    required: bool


def interface() -> list[Member]:
    """The properties of the typedef Layout."""
    text = (FRONTEND / "layouts" / "layouts.js").read_text("utf-8")
    typedef = text[text.index("@typedef {object} Layout") : text.index("*/")]
    result = re.findall(r"@property \{(.+?)\} (\[)?(\w+)", typedef)
    return [
        Member(name=name, is_method="=>" in kind, required=not optional)
        for kind, optional, name in result
    ]


def test_interface_says_what_a_layout_needs_and_what_it_may_have():
    required = {member.name for member in interface() if member.required}
    assert required == {"root", "data", "update", "redraw", "stop"}
    assert {member.name for member in interface()} > required


@pytest.mark.parametrize("user", USERS)
def test_nothing_is_asked_of_a_layout_that_the_interface_does_not_have(user):
    text = (FRONTEND / user).read_text("utf-8")
    used = set(re.findall(r"(?<![.\w])(?:this\.|current\.)?layout\??\.(\w+)", text))
    assert used, "it uses no layout"
    assert used <= {member.name for member in interface()}


def test_every_layout_has_what_the_interface_says(modules):
    layouts = modules(
        """
        const { LAYOUTS } = await load("layouts/layouts");
        const python = { tell: () => {}, choose: () => {} };
        const kinds = (Layout) => {
            const has = {};  // with what it has from another
            for (let { prototype } = Layout; prototype !== Object.prototype;
                prototype = Object.getPrototypeOf(prototype)) {
                Object.assign(has, Object.getOwnPropertyDescriptors(prototype));
            }
            const methods = Object.keys(has).filter((name) => has[name].get || has[name].value);
            const root = document.createElement("div");
            return { methods, name: Layout.name, hasRoot: new Layout(root, python).root === root };
        };
        return Object.fromEntries(
            Object.entries(LAYOUTS).map(([name, Layout]) => [name, kinds(Layout)]));
        """
    )
    assert set(layouts) == set(NAMES)
    required = {member.name for member in interface() if member.is_method and member.required}
    for name, layout in layouts.items():
        assert layout["hasRoot"], name
        assert required <= set(layout["methods"]), name
        assert ("state" in layout["methods"]) == ("restore" in layout["methods"]), name


@pytest.mark.parametrize("name", NAMES)
def test_layout_is_called_as_its_file_is(name):
    path = next(FRONTEND.glob(f"layouts/**/{name}.js"))
    assert re.findall(r"^export class (\w+)", path.read_text("utf-8"), re.M) == [name.capitalize()]

"""The lecture playlist: as a link and a file, and walked from pin to pin."""

from __future__ import annotations

import base64
import json
import re
import zlib

import pytest

from app.views import pages

TITLES = {name: page.menu for name, page in pages().items()}
STATE = {"lab": {"thetas": [[0.5, 0, 0.1, 0, 0.5, -0.2]], "position": 1}}
LOOK = {"large": "150", "hide": "predict"}


def text_of(content: bytes) -> str:
    """Bytes as an address has them."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


STAGE = "only." + text_of(json.dumps(STATE, separators=(",", ":")).encode())
PINS = [
    {
        "title": "A θ, dragged",
        "note": "“Which way?” – ask first",
        "page": "transformer",
        "fields": {"family": "Affine", "stage": STAGE},
    },
    {"title": "The story", "note": "", "page": "front", "fields": {"step": "3"}},
]
READ = """
    const { readLink, readFile } = await load("playlist/packing");
    try {
        if (given.file !== undefined) return readFile(given.file, given.pages);
        return await readLink(given.link, given.pages);
    } catch (error) {
        return error.message;
    }
"""


def packed(pins: list, version: str = "1") -> str:
    """A list as a link has it, by Python's own deflate."""
    rows = [[pin["title"], pin["note"], pin["page"], pin["fields"]] for pin in pins]
    made = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = made.compress(json.dumps(rows).encode()) + made.flush()
    return f"{version}.{text_of(content)}"


def file(**changes) -> str:
    content = {"format": "stn-playlist", "version": 1, "presentation": {}, "pins": PINS}
    return json.dumps(content | changes)


def without_ids(pins: list) -> list:
    return [{name: value for name, value in pin.items() if name != "id"} for pin in pins]


def test_list_comes_back_from_its_link_and_from_its_file(modules):
    text, link, kept = modules(
        """
        const { fileOf, linkOf, packedList } = await load("playlist/packing");
        const before = window.location.href;
        history.replaceState(history.state, "", "?large=150&hide=predict");
        const made = [await packedList(given), await linkOf(given), fileOf(given)];
        history.replaceState(history.state, "", before);
        return made;
        """,
        PINS,
    )
    assert re.fullmatch(r"1\.[\w-]+", text)
    content = base64.urlsafe_b64decode(text[2:] + "=" * (-len(text[2:]) % 4))
    first, second = json.loads(zlib.decompress(content, -15))
    fields = {"family": "Affine", "stage": ["only", STATE]}  # opened, since it deflates better
    assert first == ["A θ, dragged", PINS[0]["note"], "transformer", fields]
    assert second == ["The story", "", "front", {"step": "3"}]
    assert link.endswith(f"/transformer?family=Affine&large=150&hide=predict#playlist={text}")
    for given in ({"link": text}, {"link": packed(PINS)}, {"file": kept}, {"file": file()}):
        read = modules(READ, {**given, "pages": TITLES})
        assert without_ids(read["pins"]) == PINS and read["faults"] == []
    assert json.loads(kept)["presentation"] == LOOK
    assert modules(READ, {"file": kept, "pages": TITLES})["look"] == LOOK


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"link": packed(PINS)[:-9]}, "cut off"),
        ({"link": "1.!!"}, "a part of it is missing"),
        ({"link": packed(PINS, "2")}, "in version 2"),
        ({"link": packed([])}, "no pins"),
        ({"file": file()[:-9]}, "cut off"),
        ({"file": "[1, 2]"}, "no playlist of this app"),
        ({"file": file(version=0)}, "in version 0"),
        ({"file": file(pins=PINS * 60)}, "has 120 pins"),
    ],
)
def test_what_is_no_list_is_refused_in_words(modules, given, words):
    assert words in modules(READ, {**given, "pages": TITLES})


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        (PINS[0] | {"page": "gone"}, "Pin 2 (A θ, dragged) is of the page “gone”"),
        (PINS[0] | {"page": "constructor"}, "does not have"),
        (PINS[0] | {"fields": {"seed": 3}}, "the state of its page cannot be read"),
        (PINS[0] | {"title": "x" * 200}, "Pin 2 is damaged"),
        ({"title": "Of before"}, "damaged"),
        (None, "Pin 2 is damaged"),
    ],
)
def test_damaged_pin_is_told_of_and_the_others_are_there(modules, pin, words):
    read = modules(READ, {"file": file(pins=[PINS[1], pin]), "pages": TITLES})
    assert without_ids(read["pins"]) == [PINS[1]]
    [fault] = read["faults"]
    assert words in fault


def test_two_tabs_change_one_list_and_what_is_replaced_can_be_put_back(modules):
    titles, put_back, same = modules(
        """
        const here = await load("playlist/list");
        const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
        const there = await import(`${loaded.find((name) => name.endsWith("/list.js"))}?other`);
        const pin = (id) => ({ id, title: id, note: "", page: "front", fields: {} });
        localStorage.removeItem("stn playlist");
        const titles = () => here.pins().map(({ title }) => title).join("");
        const seen = [];
        here.add(pin("a")), there.add(pin("b")), here.add(pin("c"));
        there.move("c", -2), here.edit("b", { title: "B" }), there.edit("c", { title: "C" });
        seen.push(titles());
        const undone = here.remove("a");
        there.add(pin("d"));
        here.add(...undone);
        seen.push(titles());
        here.replace([pin("e")]);
        seen.push(titles(), there.former().pins);
        there.putBack();
        const put = titles();
        here.replace(here.pins());
        const same = here.former().count;
        localStorage.setItem("stn playlist", "{");
        seen.push(titles());
        localStorage.removeItem("stn playlist");
        return [seen, put, same];
        """
    )
    assert titles == ["CaB", "CaBd", "e", 4, ""]
    assert put_back == "CaBd" and same == 0

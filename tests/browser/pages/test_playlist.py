"""The lecture playlist: as a link and a file, and walked from pin to pin."""

from __future__ import annotations

import base64
import json
import re
import zlib

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.views import pages
from tests.browser.driving import (
    component,
    drag,
    go,
    handle,
    open_distorted,
    scrub,
    settle,
    theta_shown,
    wait_for_theta,
)
from tests.browser.from_disk import computed, from_disk

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


ADD = 'const { add } = await load("playlist/list"); add(given, 1);'


def place(page: Page):
    return page.locator(".stn-playlist .bar .where")


def pin_this(page: Page, note: str) -> None:
    page.get_by_role("button", name="Pin this").first.click()
    page.get_by_label("Note", exact=True).fill(note)
    page.keyboard.press("Enter")


def is_within(page: Page, selector: str) -> bool:
    """Whether all of these are in the window, side by side."""
    boxes = [one.bounding_box() for one in page.locator(selector).all() if one.is_visible()]
    boxes.sort(key=lambda box: box["x"])
    width = page.viewport_size["width"]
    apart = all(a["x"] + a["width"] <= b["x"] + 1 for a, b in zip(boxes, boxes[1:], strict=False))
    return apart and boxes[0]["x"] >= 0 and boxes[-1]["x"] + boxes[-1]["width"] <= width


def test_pins_are_walked_by_a_clicker_and_have_the_dragged_theta(visit, chromium, tmp_path):
    page = open_distorted(visit)
    drag(page, "the whole grid", 0.1, -0.05)
    page.get_by_text("θ set by hand").wait_for()
    first = theta_shown(page)
    pin_this(page, "Moved off the digit")
    go(page, "Transformer")
    page.get_by_text("degrees of freedom").wait_for()
    drag(page, "the whole grid", 0.1, 0.1)
    second = theta_shown(page)
    pin_this(page, "")
    drag(page, "the whole grid", -0.1, 0.1)  # what is done after is not pinned
    page.reload()
    page.get_by_role("button", name="Playlist (2)").click()
    rows = page.locator(".stn-playlist .rows li")
    expect(rows).to_have_count(2)
    rows.nth(0).get_by_label("Title of pin 1").fill("By hand")
    rows.nth(0).get_by_label("Title of pin 1").press("Alt+ArrowDown")
    expect(rows.nth(1).get_by_label("Title of pin 2")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(rows.nth(0).get_by_label("Title of pin 1")).to_have_value("By hand")
    rows.nth(1).get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="▶ Present", exact=True).click()
    expect(place(page)).to_have_text("1 of 2")
    expect(page.locator(".stn-playlist .bar .note")).to_have_text("Moved off the digit")
    wait_for_theta(page, first)
    page.get_by_text("θ set by hand").wait_for()
    scrub(page).focus()  # a slider moves by Page Down, else
    before = page.evaluate("performance.timeOrigin")
    page.keyboard.press("PageDown")
    expect(place(page)).to_have_text("2 of 2")
    wait_for_theta(page, second)
    page.keyboard.press("PageDown")  # there is no next one
    expect(place(page)).to_have_text("2 of 2")
    page.keyboard.press("PageUp")
    wait_for_theta(page, first)
    assert page.evaluate("performance.timeOrigin") == before  # nothing was loaded anew
    settle(page)
    drag(page, "the whole grid", -0.2, 0)
    page.locator(".stn-playlist .bar .title").click()
    wait_for_theta(page, first)
    page.get_by_role("spinbutton", name="Digit, 0 to 999").focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("Escape")
    expect(place(page)).to_have_text("1 of 2")

    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 720})
        assert is_within(page, ".stn-playlist .bar :is(.words, .ways button)")
        assert page.locator(".stn-playlist .bar").bounding_box()["height"] <= 61
    place(page).click()
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 720})
        dialog = page.get_by_role("dialog", name="Lecture playlist")
        assert dialog.evaluate("(node) => node.scrollWidth <= node.clientWidth")
    with page.expect_file_chooser():
        page.get_by_role("button", name="Load file").click()
    field = rows.nth(0).get_by_label("Title of pin 1").bounding_box()
    page.mouse.move(field["x"] + 20, field["y"] + 10)
    page.mouse.down()
    page.mouse.move(5, 5)
    page.mouse.up()
    expect(dialog).to_be_visible()  # what was selected ended beside it
    page.get_by_role("button", name="Copy link").click()
    field = page.get_by_label("Link to the playlist")
    expect(field).to_have_value(re.compile("#playlist="))  # which is packed first
    link = field.input_value()
    gone = "This version has no page “gone”."
    component(page, ADD, {**PINS[1], "id": "gone", "page": "gone"})
    expect(rows.nth(1)).to_contain_text(gone)
    page.get_by_role("button", name="Export page").click()
    expect(page.locator(".stn-playlist .said")).to_contain_text("no page for “The story”")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save page").click()
    lecture = tmp_path / "lecture.html"
    download.value.save_as(lecture)
    with from_disk(chromium, lecture) as opened:
        for key, theta in (("PageUp", first), ("PageDown", second), ("PageUp", first)):
            opened.keyboard.press(key)
            *_, shown = computed(opened)
            np.testing.assert_allclose(shown.reshape(2, 3), theta, atol=0.011)
    page.mouse.click(5, 5)
    expect(dialog).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    place_of_now = page.url
    page.keyboard.press("PageDown")
    expect(place(page)).to_have_text("2 of 3")
    expect(page.locator(".stn-playlist .bar .note")).to_have_text(gone)
    assert page.url == place_of_now

    go_on = re.compile(r"step=2")
    other = visit(link.partition("?")[2], at="distorted", reduced_motion="reduce")
    expect(place(other)).to_have_text("1 of 2")
    wait_for_theta(other, first)
    assert "#" not in other.url
    settle(other)
    other.goto(re.sub(r"/distorted.*", "/?step=1", other.url))
    handle(other, "digit: move").first.wait_for()
    other.keyboard.press("ArrowRight")  # the story's, also while pins are presented
    expect(other).to_have_url(go_on)
    expect(place(other)).to_have_text("1 of 2")
    other.keyboard.press("Escape")
    expect(other.locator(".stn-playlist .bar")).to_be_hidden()
    other.keyboard.press("PageDown")
    expect(other).to_have_url(re.compile(r"step=3"))
    assert is_within(other, ".stn-playlist .dock button, [data-testid=stTopNavSection]")

"""A page that is taken away: nothing in it ends it early, and nothing leads out of it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from app.stage.export import Stage, in_html, page, size
from app.stage.networks import SentNetwork

NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML")
NASTY = "</script><script>alert(1)</script><!-- <b>"
NETWORK = SentNetwork(id="1", content=bytes(range(256)) * 40)


class Reader(HTMLParser):
    """The elements of a page, and the texts of its scripts and its title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)

    def handle_data(self, data):
        if self.names and self.names[-1] in ("script", "title") and data.strip():
            self.texts.append(data)


def made(**fields) -> str:
    stage = Stage(title=NASTY, note=NASTY, parts=[{"layout": "large", "token": NASTY}], **fields)
    return page(NASTY, [stage, stage], theme="dark")


def test_what_a_page_says_ends_no_script_and_no_title():
    text = made(states={NASTY: {"thetas": [[1]]}}, networks=[NETWORK])
    title, network, content, code = Reader(text).texts
    assert Reader(text).names.count("script") == 3  # one network for both stages
    assert title == NASTY and not re.search("<!--|<script", code)
    stage, again = json.loads(content)["stages"]
    assert stage == again and (stage["title"], stage["note"]) == (NASTY, NASTY)
    assert stage["states"] == {NASTY: {"thetas": [[1]]}} and stage["parts"][0]["token"] == NASTY


def test_escaped_script_means_the_same():
    assert json.loads(in_html(json.dumps(NASTY))) == NASTY


def test_no_address_leads_out_of_a_page():
    text = made(networks=[NETWORK])
    for name in NAMESPACES:
        text = text.replace(name, "")
    text = re.sub(r"/\*!.*?\*/", "", text, flags=re.DOTALL)  # whose licence names its source
    assert re.findall(r"(?:https?:|wss?:)?//[\w.-]+\.\w{2,}[^\s\"']*", text) == []
    assert not re.search(r"@import|url\((?!data:|#)", text)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
    assert policy.startswith("default-src 'none'") and "connect-src" not in policy


def test_size_is_that_of_the_file():
    part = {"layout": "large", "token": "a", "image": "A" * 50_000}
    text = page("A", [Stage(title="A", note="", parts=[part], networks=[NETWORK])])
    assert size([part], [NETWORK]) == pytest.approx(len(text.encode()), rel=0.02)


def test_page_needs_a_stage():
    with pytest.raises(ValueError, match="at least one stage"):
        page("A", [])

"""For a projector: large type, and parts of the page that are not shown.

``?large=true&hide=playhead,seed``: a part by its name here, or any widget by its key; or, the
other way round, ``?controls=playhead,note``: of the parts these alone. Streamlit's own
``embed=true`` goes with either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

import streamlit as st

from app.data.plain import plain

# All that is no picture, nor its playhead: of a stage what has no name of its own, and every other
# element of the page.
REST = """
:root { --stn-rest: none; }
[data-testid='stMain'] [data-testid='stElementContainer']:not(:has([data-testid^='stBidi'])),
[data-testid='stMain'] [data-testid='stColumn']:not(:has([data-testid^='stBidi'])),
[data-testid='stMain'] :is([data-testid='stPopover'], [data-testid='stExpander']),
.st-key-footer, .st-key-tour { display: none; }
"""
PARTS = {  # what a part is called: the CSS that hides it
    "navigation": "[data-testid='stHeader'], .stn-playlist .dock { display: none; }",
    "title": "[data-testid='stHeading']:has(h1) { display: none; }",
    "story": ":root { --stn-story: none; }",
    "captions": "[data-testid='stCaptionContainer'] { display: none; } "
    ":root { --stn-captions: none; }",
    "playhead": ":root { --stn-playhead: none; }",
    "choices": ":root { --stn-choices: none; }",
    "numbers": ":root { --stn-numbers: none; }",
    "equation": ":root { --stn-equation: none; }",
    "note": ":root { --stn-note: none; }",
    "predict": ":has(> .st-key-predict) { display: none; } :root { --stn-predict: none; }",
    "paper": ".st-key-paper { display: none; }",
    # Its own way back stays, at the foot of the page.
    "footer": ".st-key-footer > :not(:has([data-testid='stPopover'])) { display: none; }",
    "rest": REST,
}
# Of the type, as the address has it: its words, and in percent. "true" is what it was at first.
SIZES = {"": ("normal", 100), "true": ("125 %", 125), "150": ("150 %", 150), "200": ("200 %", 200)}
KEYS_DIALOG = """
.stn-keys { max-width: 34rem; padding: 1rem 1.5rem; border: 1px solid #8886; border-radius: .6rem; }
.stn-keys td { padding: .25rem 1rem .25rem 0; vertical-align: top; }
.stn-keys h2 { padding-top: 0; }
"""
KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
FIELDS = ("large", "hide", "controls")  # of the address
ALWAYS = {"hide", "large", "lecture"}  # what would bring the rest back


def asked(values: list[str]) -> tuple[list[str], list[str]]:
    """The names in ``hide=``, once each: those that can be names, and those that cannot."""
    names = list(dict.fromkeys(n.strip() for v in values for n in v.split(",") if n.strip()))
    fit = [n for n in names if KEY.fullmatch(n) and n not in ALWAYS]
    return fit, [n for n in names if n not in fit]


def css(hidden: list[str], large: str) -> str:
    """The style sheet that hides these, and enlarges. large: one of SIZES."""
    rules = [PARTS.get(name, f".st-key-{name} {{ display: none !important; }}") for name in hidden]
    size = f"html {{ font-size: {SIZES[large][1]}%; }}" if large else ""
    return "\n".join([*rules, size, KEYS_DIALOG])


def choose(keys: Sequence[tuple[str, str]]) -> None:
    """The widgets of the look; they stand on every page, so that it stays from page to page.

    keys: the page's own, and what they do.
    """
    st.segmented_control(
        "Type size", list(SIZES), format_func=lambda size: SIZES[size][0], required=True,
        key="large", help="Enlarges all text, for a projector",
    )  # fmt: skip
    st.multiselect(
        "Hide",
        [*(part for part in PARTS if part != "rest"), *_controls()],
        key="hide",
        accept_new_options=True,
        placeholder="Nothing is hidden",
        help="Hides parts of the page, or any control by its name. The address keeps the choice: "
        "bookmark it for the next lecture.",
    )
    st.markdown(
        "**Pin this**, at the top right, keeps a page as it is now; your "
        "<a href='#playlist'>playlist</a> walks the pins by a clicker.",
        unsafe_allow_html=True,
    )
    st.markdown("Keyboard shortcuts; **?** lists them:")
    st.markdown("\n".join(f"- **{key}**: {does}" for key, does in keys))


def _controls() -> list[str]:
    """The names of the controls on the page, as far as they have been drawn: not of pictures and
    charts, whose values are what they report, nor what the app keeps under names with a colon."""
    names = (name for name in st.session_state if isinstance(name, str))
    return sorted(
        name
        for name in names
        if KEY.fullmatch(name)
        and name not in ALWAYS | set(PARTS)
        and not isinstance(st.session_state[name], Mapping)
    )


def carry(address: str) -> str:
    """An address inside the app, as large and as bare as this page: for a link."""
    kept = {name: st.query_params[name] for name in FIELDS if name in st.query_params}
    if st.context.is_embedded:
        kept["embed"] = "true"
    parts = urlsplit(address)
    fields = parse_qsl(parts.query)
    return parts._replace(query=urlencode(list(kept.items()) + fields)).geturl() or "?"


def _linked() -> tuple[dict, list[str]]:
    """What the address asks for, and its names that can be none."""
    fit, wrong = asked(st.query_params.get_all("hide"))
    if "controls" in st.query_params:
        kept, unknown = asked(st.query_params.get_all("controls"))
        unknown += [name for name in kept if name not in PARTS]
        fit += [part for part in PARTS if part not in kept and part not in fit]
        wrong += unknown
    size = st.query_params.get("large", "").lower()
    size = "true" if size in ("1", "125") else size
    return {"hide": fit, "large": size if size in SIZES else ""}, wrong


def apply() -> None:
    """Before the page, so that what is hidden is not seen at all: the link's wishes at first, and
    what has been chosen since. An address that says so already stays as it is: a change of it is
    another step for Back while the page is loaded."""
    linked, wrong = _linked()
    if "lecture" not in st.session_state:
        st.session_state["lecture"] = dict(linked)
        if wrong:
            st.toast(
                f"The link names {plain(', '.join(wrong)[:60])}. This page has no such control."
            )
    kept = st.session_state["lecture"]  # a widget's own value goes with a run that is cut short
    for name in kept:
        kept[name] = st.session_state.setdefault(name, kept[name])
    hidden, large = kept["hide"], kept["large"]
    if kept != linked:
        others = {n: v for n, v in st.query_params.to_dict().items() if n not in FIELDS}
        own = {"hide": ",".join(hidden), "large": large}
        st.query_params.from_dict(others | {name: value for name, value in own.items() if value})
    st.html(f"<style>{css(hidden, large)}</style>")

"""What a page is to everything around it: one record, in the page's own folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

PLAYHEAD_KEYS = (
    ("Space", "play or pause"),
    ("← →", "one step back or forward; ten with Shift"),
    ("R", "reset"),
)
STORY_KEYS = (("Page Down, →", "next step of the story; Page Up and ← go back"),)
CHOICE_KEYS = (("0 … 9", "choose a preset, or a digit of the row"),)
HANDLE_KEYS = (("Tab", "go to the handles; arrow keys, + − and [ ] move, scale and turn"),)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a page is in the paper. symbols: on it, by their anchors in the glossary; ours: what is
    not the paper's, as Markdown."""

    where: str
    symbols: tuple[str, ...]
    ours: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of the app: a folder in views/ with this record in ``__init__.py``.

    group: of the navigation, what people come for; position: in it; menu: its name there;
    title: above it, and in the window's title; lead: Markdown below the title, or a function that
    gives it; paper: None of a page that is about no part of it; defaults: the fields of the
    address, with the values that the page takes without them; view_field: the field that chooses a
    view, None on a page that has but one; keys: which keys do what, besides "?"; needs_torch:
    whether its modules import torch, which is loaded below the title then.
    """

    group: str
    position: int
    menu: str
    title: str
    lead: str | Callable[[], str]
    paper: Paper | None = None
    defaults: Mapping[str, str | int] = field(default_factory=dict)
    keys: tuple[tuple[str, str], ...] = ()
    view_field: str | None = None
    needs_torch: bool = True

"""The colours: one source, and readable."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.palette import CORNER, DARK, GRIDS, LIGHT, palette

ROOT = Path(__file__).parents[2]
THEMES = {"light": LIGHT, "dark": DARK}


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_streamlit_has_the_palettes_colours(name):
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"][name]
    chosen = palette(name)
    assert chosen is THEMES[name]
    assert theme == {
        "primaryColor": chosen.primary,
        "backgroundColor": chosen.background,
        "secondaryBackgroundColor": chosen.surface,
        "textColor": chosen.text,
        "borderColor": chosen.border,
    }


@pytest.mark.parametrize("name", THEMES)
def test_text_and_marks_stand_out_from_their_ground(name):
    theme = THEMES[name]
    assert contrast(theme.text, theme.background) >= 7
    for colour in theme.networks:
        assert contrast(colour, theme.background) >= 3
    for colour in theme.plain:
        assert contrast(colour, theme.background) >= 3
    assert contrast(*theme.networks) >= 1.15  # told apart in grey, too


def test_grids_stand_out_from_a_black_image():
    for colour in (*GRIDS, CORNER):
        assert contrast(colour, "#000000") >= 7

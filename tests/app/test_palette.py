"""The colours: one source, and readable."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.palette import (
    CORNER,
    DARK,
    DARK_SERIES,
    GRIDS,
    LIGHT,
    SERIES,
    network_colours,
    palette,
)
from app.views.invariance.words import KINDS, ink

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
    for ground in (theme.surface, theme.heat):
        assert contrast(theme.text, ground) >= 4.5


def test_grids_stand_out_from_a_black_image():
    for colour in (*GRIDS, CORNER):
        assert contrast(colour, "#000000") >= 7


@pytest.mark.parametrize("name", THEMES)
def test_network_has_one_colour_whatever_it_is_compared_with(name):
    theme = THEMES[name]
    pairs = [
        ("distorted/rts/st-cnn-aff", "distorted/rts/cnn"),
        ("volumes/extruded/st-cnn-rigid", "volumes/extruded/cnn"),
        ("distorted/rts/fcn", "distorted/rts/cnn"),
        ("addition/rts/2st-fcn-aff", "addition/rts/cnn"),
    ]
    assert {network_colours(pair, theme)[1] for pair in pairs} == {theme.plain[1]}
    same = network_colours(("distorted/r/st-cnn-aff", "distorted/r/st-cnn-tps"), theme)
    assert same[0] == theme.networks[0] != same[1]


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("kind", KINDS)
def test_curve_of_a_network_has_its_colour_of_the_other_pages(name, kind):
    theme = THEMES[name]
    of_others = {
        network_colours([f"distorted/{distortion}/{network}"], theme)[0]
        for distortion in ("r", "rts")
        for network in ([f"{kind}-aff", f"{kind}-tps"] if kind.startswith("st-") else [kind])
    }
    assert of_others == {ink(kind, theme)}


# Machado, Oliveira and Fernandes (2009), severity 1, on linear light.
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)


def seen(colour: str) -> list[float]:
    parts = [(int(colour[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)]
    rows = (sum(w * v for w, v in zip(row, parts, strict=True)) for row in DEUTERANOPIA)
    return [max(0.0, min(1.0, value)) ** (1 / 2.2) for value in rows]


@pytest.mark.parametrize("name", THEMES)
def test_networks_that_are_compared_at_first_are_told_apart_by_the_colour_blind(name):
    for pair in (("st-cnn-aff", "cnn"), ("2st-fcn-aff", "st-fcn-aff")):
        one, other = map(seen, network_colours(pair, THEMES[name]))
        assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 0.3


def test_curves_stand_out_from_the_ground_of_their_theme():
    for series, theme in ((SERIES[:4], LIGHT), (DARK_SERIES, DARK)):
        for colour in series:
            assert contrast(colour, theme.background) >= 2.9

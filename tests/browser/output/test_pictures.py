"""Pictures of a stage and of a chart as files, beside what the screen shows."""

from __future__ import annotations

import base64
import csv
import io
import xml.etree.ElementTree as ElementTree

import numpy as np
from PIL import Image

from app.palette import DARK, DARK_SERIES, LIGHT, SERIES
from tests.browser.driving import component, open_distorted, open_volumes, stage_of
from tests.browser.output.test_export import SVG, take

SHOW = """async (source) => {
    document.body.style.margin = 0;
    const image = new Image();
    image.src = source;
    document.body.replaceChildren(image);
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
}"""


def written(svg: bytes) -> list[ElementTree.Element]:
    """Every piece of text."""
    found = ElementTree.fromstring(svg).iter()
    return [one for one in found if one.tag in (f"{SVG}text", f"{SVG}tspan") and one.text]


def words(svg: bytes) -> str:
    return " ".join(text.text for text in written(svg))


def drawn(page, svg: bytes) -> np.ndarray:
    """An SVG as another page shows it by ``<img>``, (H, W, 3)."""
    other = page.context.new_page()
    source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    width, height = other.evaluate(SHOW, source)
    other.set_viewport_size({"width": width, "height": height})
    shot = Image.open(io.BytesIO(other.screenshot())).convert("RGB")
    other.close()
    return np.array(shot, float)


def halved(png: bytes, shape: tuple[int, ...]) -> np.ndarray:
    image = Image.open(io.BytesIO(png)).convert("RGB").resize(shape[1::-1], Image.Resampling.BOX)
    return np.array(image, float)


def test_figure_2_has_its_frames_and_words_and_none_of_its_controls(visit, tmp_path):
    page = visit("step=7", reduced_motion="reduce")
    stage_of(page).locator(".matrix td").first.wait_for()
    svg, png = take(page, "SVG", tmp_path), take(page, "PNG", tmp_path)
    said = words(svg)
    assert "Localisation" in said and "predicted by the" in said and "Reads" in said
    for control in ("Drag", "Point at", "Reset", "Sect. 3.1"):
        assert control not in said
    root = ElementTree.fromstring(svg)
    theta = next(t for t in written(svg) if t.text == "θ" and t.get("font-weight") < "6")
    assert float(theta.get("font-size")[:-2]) < 12  # T_θ(G), a subscript
    assert theta.tag == f"{SVG}tspan" and theta.get("x") is None  # after its T in any font
    assert theta.get("font-family").startswith("'Source Sans', 'Source Sans 3'")
    lines = [path.get("d") for path in root.iter(f"{SVG}path")]
    matrix = stage_of(page).locator(".matrix").bounding_box()
    sides = [d for d in lines if d.endswith(f"v{matrix['height']:g}")]
    assert len(sides) >= 2  # A_θ between its two lines
    assert b"@font-face" in svg and b"textLength" in svg
    picture = drawn(page, svg)
    assert np.abs(picture - halved(png, picture.shape)).mean() < 4
    # What is made of it changes nothing on the screen.
    assert stage_of(page).get_by_role("button", name="Reset").is_visible()


def test_pictures_are_light_or_dark_whatever_the_screen_is(visit, tmp_path):
    page = visit("view=Replay", at="distorted", reduced_motion="reduce")
    stage_of(page).locator(".strip").first.wait_for()
    themes = component(page, "const t = await load('output/theme'); return [t.THEMES, t.LINES];")
    for name, palette, series in (("light", LIGHT, SERIES), ("dark", DARK, DARK_SERIES)):
        five = ("background", "surface", "text", "border", "primary")
        assert themes[0][name] == {field: getattr(palette, field) for field in five}
        assert themes[1][name] == [*series, palette.plain[0]]
    shown = take(page, "SVG", tmp_path).decode()
    assert f'fill="{LIGHT.background}"' in shown and f'stroke="{SERIES[1]}"' in shown
    stage_of(page).get_by_label("Colours of the pictures").select_option("dark")
    dark = take(page, "SVG", tmp_path).decode()
    assert f'fill="{DARK.background}"' in dark and f'stroke="{DARK_SERIES[1]}"' in dark
    assert f'stroke="{SERIES[1]}"' not in dark and f'fill="{LIGHT.text}"' not in dark
    png = Image.open(io.BytesIO(take(page, "PNG", tmp_path))).convert("RGB")
    assert "#{:02x}{:02x}{:02x}".format(*png.getpixel((3, 3))) == DARK.background
    background = stage_of(page).evaluate("(s) => s.style.getPropertyValue('--st-background-color')")
    assert background == ""  # the screen's is as it was


def test_a_sentence_keeps_what_is_chosen_in_it(visit, tmp_path):
    page = visit(at="labels", reduced_motion="reduce")
    stage_of(page).get_by_label("Vertical axis").select_option("shift in y")
    said = " ".join(words(take(page, "SVG", tmp_path)).split()).replace(" ;", ";")
    assert "Loss over rotation and shift in y; the rest of" in said
    assert "shift in x" not in said and "One step" not in said and "integer kernel" not in said


def test_volumes_are_twice_as_sharp_as_the_screen(visit, tmp_path):
    page = open_volumes(visit)
    wide = stage_of(page).locator("canvas.solid").first.evaluate("(c) => c.clientWidth")
    images = ElementTree.fromstring(take(page, "SVG", tmp_path)).iter(f"{SVG}image")
    widths = [
        Image.open(io.BytesIO(base64.b64decode(image.get("href").partition(",")[2]))).width
        for image in images
    ]
    assert widths.count(2 * wide) == 2


def test_boxes_on_images_are_drawn(visit, tmp_path):
    page = visit(at="colocalisation", reduced_motion="reduce")
    stage_of(page).get_by_role("button", name="Show true boxes").click()
    root = ElementTree.fromstring(take(page, "SVG", tmp_path))
    frames = [r for r in root.iter(f"{SVG}rect") if r.get("stroke")]
    solid, dashed = ([r for r in frames if bool(r.get("stroke-dasharray")) == d] for d in (0, 1))
    assert len(solid) >= 103 and len(dashed) >= 103  # on all images, and on three of them large


def test_charts_of_plotly_are_given_as_pictures_and_as_numbers(visit, tmp_path):
    page = open_distorted(visit)
    files = page.locator(".st-key-angles-files")
    files.get_by_text("Export").click()
    taken = {}
    for kind in ("SVG", "PNG", "CSV"):
        with page.expect_download() as download:
            files.get_by_role("button", name=kind).click()
        assert download.value.suggested_filename == f"true-and-predicted-angles.{kind.lower()}"
        download.value.save_as(tmp_path / kind)
        taken[kind] = (tmp_path / kind).read_bytes()
    assert "true angle" in words(taken["SVG"].replace(b"<br>", b""))
    png = Image.open(io.BytesIO(taken["PNG"])).convert("RGB")
    plot = page.locator(".st-key-angles .js-plotly-plot").bounding_box()
    assert abs(png.width - 2 * plot["width"]) < 4
    rows = list(csv.DictReader(io.StringIO(taken["CSV"].decode("utf-8-sig"))))
    assert len(rows) % 200 == 0 and float(rows[0]["true angle, °"]) is not None

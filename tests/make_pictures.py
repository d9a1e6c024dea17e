"""The pictures of the README, made by the app itself: ``python -m tests.make_pictures [FOLDER]``.

It starts the app, opens its pages in Chromium, and writes into FOLDER (by default app/pictures):

* ``overview.gif``: the front page's own GIF, between the angles that a network is trained with;
* stills of three pages, at 1280 × 720.

It needs Playwright (tests/requirements.txt) and Debian's chromium, or the one in CHROMIUM.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
STILLS = {
    "transformer": ("transformer", ".equation math"),
    "distorted": ("distorted", ".stage .handle"),
    "three-dimensions": ("volumes", "canvas.solid"),
}
DIGIT = 3  # of the front page: it is turned by about −38° at first
FRAME_DEGREES = 5  # from one frame of its GIF, which begins at −180°, to the next: figure.js
SHOWN_DEGREES = (-48, 42)  # so that it is never far beyond the 45° that the network has seen
WIDTH, COLOURS = 800, 128  # of the GIF
FRAME_MILLISECONDS = 80
MAX_BYTES = {".gif": 3_000_000, ".png": 300_000}


def overview(page) -> bytes:
    """The front page's GIF, of the digit turned to either side and back."""
    page.locator(".stage .matrix td").first.wait_for()
    page.get_by_label(f"Choose this {DIGIT}").click()
    page.locator(".stage .export summary").first.click()
    with page.expect_download(timeout=300_000) as download:
        page.get_by_role("button", name="GIF", exact=True).click()
    film = Image.open(download.value.path())
    first, last = (film.n_frames // 2 + degrees // FRAME_DEGREES for degrees in SHOWN_DEGREES)
    there = range(first, last + 1)
    frames = []
    for n in [*there, *reversed(there[1:-1])]:
        film.seek(n)
        height = round(WIDTH * film.height / film.width)
        frames.append(film.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS))
    palette = frames[0].quantize(
        COLOURS, Image.Quantize.MAXCOVERAGE
    )  # one for all: what stands still is kept
    first, *rest = (f.quantize(palette=palette, dither=Image.Dither.NONE) for f in frames)
    file = io.BytesIO()
    options = {"duration": FRAME_MILLISECONDS, "loop": 0, "optimize": False}
    first.save(file, "GIF", save_all=True, append_images=rest, **options)
    return file.getvalue()


def still(page, ready: str) -> bytes:
    """What is on the screen, in as few colours as a file of its size has."""
    page.locator(ready).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2000)  # until what fades in has done so
    shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    file = io.BytesIO()
    shown.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def make(folder: Path) -> None:
    from tests.browser import serving

    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as runs,
        serving.serve(Path(runs)) as address,
        serving.chromium(serving.chromium_path()) as browser,
    ):
        context = browser.new_context(
            viewport={"width": 1280, "height": 720}, color_scheme="light", reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/?step=7")
        files = {"overview.gif": overview(page)}
        for name, (place, ready) in STILLS.items():
            page.goto(f"{address}/{place}")
            files[f"{name}.png"] = still(page, ready)
    for name, content in files.items():
        if len(content) > MAX_BYTES[Path(name).suffix]:
            sys.exit(f"{name} has {len(content):,} bytes: more than a README should load.")
        (folder / name).write_bytes(content)
        print(f"{folder / name}: {len(content):,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "app" / "pictures")
    try:
        make(parser.parse_args().folder)
    except ModuleNotFoundError as error:
        sys.exit(
            f"{error.name} is missing. Install the test tools: "
            "pip install -r requirements.txt -r tests/requirements.txt"
        )


if __name__ == "__main__":
    main()

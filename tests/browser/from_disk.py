"""Pages that a stage was taken away as: made by its button, and opened from a disk, offline."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import Browser, Page

from tests.browser.driving import PATIENCE_MILLISECONDS, stage_of

# Of a layout with a pair: U, V and θ as they are computed, not as they are drawn.
COMPUTED = """(n) => {
    const layout = page.stages[page.at].layouts[n];
    const { pair, source, theta, thetas } = layout.figure ?? layout;
    const list = ({ pixels }) => [...pixels].map((value) => value / 255);
    const { height, width } = source;
    const [output] = pair.outputs;
    return { size: [height, width], u: list(source), v: list(output), theta: theta ?? thetas[0] };
}"""


def take_page(page: Page, folder: Path) -> Path:
    """Press the button of the first stage that can be taken away; gives the file."""
    export = stage_of(page).locator(".export:visible").first
    if export.get_attribute("open") is None:
        export.locator("summary").click()
    button = export.get_by_role("button", name="Page (HTML)")
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    said = float(re.search(r"([\d.]+) MB", button.inner_text())[1])
    assert abs(path.stat().st_size / 1e6 - said) < 0.1 and said < 4
    return path


def content_of(path: Path) -> dict:
    """What a file has besides its code."""
    pattern = r'<script type="application/json" id="content">(.*?)</script>'
    return json.loads(re.search(pattern, path.read_text(), re.DOTALL)[1])


@contextmanager
def from_disk(browser: Browser, path: Path, **options) -> Iterator[Page]:
    """Open a file without a network; nothing may be asked of one, nor fail."""
    complaints: list[str] = []
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, reduced_motion="reduce", **options
    )
    context.set_offline(True)
    context.route(re.compile("^https?:"), lambda route: route.abort())
    context.on("request", lambda asked: asked.url[:4] == "http" and complaints.append(asked.url))
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    stage_of(page).wait_for()
    yield page
    context.close()
    assert complaints == []


def computed(page: Page, index: int = 0) -> tuple[torch.Tensor, np.ndarray, torch.Tensor]:
    """U (1, 1, H, W), V (H·W,) and θ (1, P) of a layout of the file, in [0, 1]."""
    found = page.evaluate(COMPUTED, index)
    image = torch.tensor(found["u"]).reshape(1, 1, *found["size"])
    return image, np.array(found["v"]), torch.tensor([found["theta"]], dtype=torch.float32)

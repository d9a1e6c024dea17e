"""A training in a loop of its own, recorded and replayed while it grows."""

from __future__ import annotations

import shutil

import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import expect

from stn_core import tutorial_network
from stn_core.recorder import Recorder
from stn_core.recorder.packed import PACKED, unpack
from stn_core.recorder.reading import Reader
from stn_core.tutorial_network import TutorialNetwork, images
from tests.browser.driving import PAINTED, scrub, select, stage_of


@pytest.fixture
def loop(runs):
    """A loop that validates under inference mode: called, it goes on for so many steps."""
    network, (shown, labels) = TutorialNetwork(), images()
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3)

    def go_on(recorder: Recorder, steps: int) -> None:
        for _ in range(steps):
            loss = F.cross_entropy(network.train()(shown), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            with torch.inference_mode():
                wrong = network.eval()(shown).argmax(1) != labels
                recorder.step(loss=loss, error=100 * wrong.float().mean())

    yield Recorder(runs / "own-loop", network, (shown[10:20], labels[10:20])), go_on
    shutil.rmtree(runs / "own-loop")


def test_recorded_training_is_replayed_while_it_grows_and_beside_another(visit, loop, tmp_path):
    recorder, go_on = loop
    unpack(tutorial_network.folder() / PACKED, tmp_path)
    last = Reader(tmp_path).training().steps[-1]
    with recorder:
        go_on(recorder, 10)
        page = visit("network_view=Replay&own_run=own-loop", at="network", reduced_motion="reduce")
        expect(page.get_by_text("running, step 10.")).to_be_visible()
        expect(stage_of(page).get_by_text("live", exact=True)).to_be_visible()
        expect(scrub(page)).to_have_attribute("max", "1")  # steps 0 and 10
        go_on(recorder, 10)
        expect(scrub(page)).to_have_attribute("max", "6")  # 11, 13, 15, 17, 19
        canvases = stage_of(page).locator(".strip canvas.pixels, canvas.curves")
        assert canvases.count() == 10 * 2 + 3  # U and V of each probe; loss, error and θ
        assert all(canvas.evaluate(PAINTED) for canvas in canvases.all())
    expect(page.get_by_text("finished, step 20.")).to_be_visible()
    select(page, "Compare with", "Example: PyTorch's tutorial network")
    expect(stage_of(page).locator("section")).to_have_count(2)
    expect(stage_of(page).get_by_text("Loss")).to_be_visible()
    stage_of(page).locator(".strip button").nth(3).click()
    scrub(page).press("End")
    expect(stage_of(page).locator("section").nth(1)).to_contain_text(f"step {last:,}")

"""The stage in a notebook: what anywidget is given, run by a browser as anywidget runs it."""

from __future__ import annotations

import pytest

from stn_core import tutorial_network
from stn_core.inspecting import Inspected
from tests.browser.driving import PATIENCE_MILLISECONDS, drag, handle, until

# A model as anywidget has one: what is set here goes to Python, and Python's answer comes back.
RUN = """async ({ esm, state }) => {
    const heard = {};
    const model = {
        get: (name) => state[name],
        set: (name, value) => (state[name] = value),
        on: (event, does) => (heard[event] = does),
        off: (event) => delete heard[event],
        save_changes: async () => {
            Object.assign(state, await window.tell(state.report));
            for (const name of ["payload", "answer"]) heard[`change:${name}`]();
        },
    };
    const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    const { default: widget } = await import(address);
    window.end = widget.render({ model, el: document.body });
}"""


def test_stage_in_a_notebook_follows_the_hand(chromium):
    pytest.importorskip("anywidget")
    from app.notebook.widget import Stage

    images, labels = tutorial_network.images()
    widget = Stage(Inspected(tutorial_network.build(), images, labels), image=20)

    def state(report=None) -> dict:
        if report:
            widget.report = report
        names = ("payload", "answer", "style")
        return {name: getattr(widget, name) for name in names}

    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.expose_function("tell", state)
    page.evaluate(RUN, {"esm": Stage._esm, "state": state()})
    handle(page, "the whole grid").wait_for()
    answer = page.locator(".answer")
    assert "Its own grids: reads 0" in answer.inner_text()
    drag(page, "top left corner", 0.3, 0.2)
    until(page, lambda: "Grid set by hand" in answer.inner_text(), "the network did not answer")
    note = page.locator(".note").inner_text()
    page.locator("[data-pane=V] .square").hover()
    until(page, lambda: page.locator(".note").inner_text() != note, "nothing is inspected")
    page.evaluate("window.end()")
    context.close()
    assert failed == []

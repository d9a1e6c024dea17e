"""The form of a new training: what is typed is held to its bounds, and only that is started."""

from __future__ import annotations

import pytest

from app.panels.numbers import Bounds, NumberError, duration, read_rate, smaller_rate
from app.training import job, orders
from stn_core.experiments import find
from tests.app.visiting import opened, texts


@pytest.fixture
def form(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_RUNS", str(tmp_path))
    return opened("distorted", view="Train")


STEPS, BATCH, RATE = (
    "steps_distorted_quick_2400",
    "batch_distorted_quick_256",
    "rate_distorted_quick",
)
FIELDS = (STEPS, BATCH, RATE, "seed")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (STEPS, "99999999"),
        (STEPS, "-5"),
        (STEPS, "9" * 40),
        (STEPS, ""),
        (STEPS, "1e3"),
        (BATCH, "0"),
        (BATCH, "100000"),
        (RATE, "0"),
        (RATE, "-1"),
        (RATE, "nan"),
        (RATE, "fast"),
        ("seed", "-1"),
        ("seed", "1.5"),
    ],
)
def test_start_is_blocked_by_a_wrong_field_which_is_named(form, field, typed):
    box = form.text_input(key=f"train_{field}")
    label = box.label
    box.set_value(typed)
    form.button(key="train_start").click().run()  # by whom has typed and goes straight to it
    assert form.button(key="train_start").disabled
    (error,) = form.error
    assert error.value.startswith(f"{label}: ") and not form.exception
    assert job.list_jobs() == []


def test_any_rate_and_batch_size_can_be_started(form, monkeypatch):
    asked = {}
    monkeypatch.setattr(
        orders, "start", lambda name, **how: asked.update(how, name=name) or refuse()
    )

    def refuse():
        raise job.JobError("enough")

    for field, typed in zip(FIELDS, ("1,234", "48", "3.7e-4", "11"), strict=True):
        form.text_input(key=f"train_{field}").set_value(typed)
    form.run()
    assert not form.button(key="train_start").disabled
    form.button(key="train_start").click().run()
    assert [asked[k] for k in ("iterations", "batch_size", "learning_rate", "seed")] == [
        1234, 48, 3.7e-4, 11,
    ]  # fmt: skip


def test_numbers_are_those_of_the_chosen_network_s_recipe(form):
    of = lambda label: next(box for box in form.text_input if box.label == label)  # noqa: E731
    of("Steps").set_value("700").run()
    form.selectbox(key="train_network").set_value("fcn").run()
    recipe = find("distorted/r/fcn").recipe
    assert of("Steps").value == str(recipe.iterations) and recipe.iterations != 700
    form.selectbox(key="train_network").set_value("st-fcn-aff").run()
    assert of("Steps").value == "700"  # it is kept


def test_time_that_it_takes_is_said_before_the_start(form):
    assert "Takes about **" in texts(form) and "on this machine" in texts(form)
    assert form.text_input(key="train_rate_distorted_quick").label == "Peak learning rate"


def test_numbers_are_read_as_they_are_typed():
    assert Bounds(0, 10_000).read("Steps", " 3,000 ") == 3_000
    assert read_rate("Rate", "5e-4") == 5e-4
    with pytest.raises(NumberError, match="from 0 to 10,000, not `1x'`"):
        Bounds(0, 10_000).read("Steps", "1x`")


@pytest.mark.parametrize(("rate", "less"), [(1e-3, 2e-4), (3e-3, 1e-3), (0.1, 0.02), (7e-5, 2e-5)])
def test_smaller_rate_is_round_and_at_most_a_third(rate, less):
    assert smaller_rate(rate) == pytest.approx(less)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "5 s"), (58, "60 s"), (120, "2 min"), (7_200, "2.0 h")]
)
def test_duration_has_as_many_digits_as_a_guess_is_worth(seconds, words):
    assert duration(seconds) == words

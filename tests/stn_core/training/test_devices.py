"""Devices by name, and precisions."""

from __future__ import annotations

import pytest
import torch

from stn_core.training.devices import choose_device, device_name
from stn_core.training.network import train_steps
from tests.stn_core.training.small import (
    CPU,
    small,
)


def test_device_is_the_one_that_is_asked_for():
    assert choose_device("cpu") == CPU
    assert "CPU" in device_name(CPU)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tpu", "a device should be auto, cpu, cuda, cuda:1 or mps, got 'tpu'"),
        ("cuda", "this machine has no cuda device; use auto or cpu"),
        ("cuda:1", "this machine has no cuda device; use auto or cpu"),
        ("mps", "this machine has no mps device; use auto or cpu"),
    ],
)
def test_device_that_is_not_there_is_an_error(name, message, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == CPU
    with pytest.raises(ValueError, match=message):
        choose_device(name)


def test_unknown_precision_is_an_error(source):
    with pytest.raises(ValueError, match=r"one of \('float32', 'bfloat16'\), got 'float8'"):
        next(train_steps(small(), source, precision="float8"))

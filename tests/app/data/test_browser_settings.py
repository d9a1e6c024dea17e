"""Settings of a browser's training: in an address, and as they are told."""

from __future__ import annotations

import pytest

from app.data.browser_settings import fields_of, linked, told

SETTINGS = {"rate": 0.002, "degrees": 45, "family": "attention", "integer": True, "swapped": True}


def test_address_gives_the_settings_that_it_was_made_of():
    fields = fields_of(SETTINGS)
    assert fields["broken"] == "integer,swapped"
    assert linked(fields | {"seed": "3"}) == (SETTINGS, {})
    assert fields_of({}) == {} and linked({}) == ({}, {})


def test_what_an_address_cannot_have_is_refused_alone():
    fields = {"rate": "1", "degrees": "-5", "family": "TPS", "broken": "shifted,rate,coffee"}
    assert linked(fields) == ({"shifted": True}, fields | {"broken": "rate,coffee"})
    assert linked({"rate": "nan", "degrees": "much"})[0] == {}


@pytest.mark.parametrize(
    "given", [[], {"rate": "0.01"}, {"rate": True}, {"boost": 2}, {"family": ["affine"]}, {3: 1}]
)
def test_what_is_told_is_checked(given):
    with pytest.raises(ValueError, match="settings|no setting"):
        told(given)

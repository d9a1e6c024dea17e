"""What measuring says where it has nothing to measure on."""

from __future__ import annotations

import pytest

from stn_core.experiments import find
from stn_core.measuring import no_test_digits


@pytest.mark.parametrize("name", ["distorted/r/fcn", "house-numbers/64/cnn", "birds/64/cnn"])
def test_missing_pictures_are_asked_for_in_the_folder_that_holds_their_own(name):
    told = str(no_test_digits(find(name)))
    assert told.endswith("set STN_DATA to the folder that holds mnist/, svhn/ or cub/")

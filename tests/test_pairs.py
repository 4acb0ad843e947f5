"""The other half of a pair differs in one thing, and is not there where there is none."""

from __future__ import annotations

from fmnist_core import limits, pairs
from fmnist_core.experiment import Augmentation
from fmnist_core.presets import preset

CNN = preset("cnn-16").experiment
VARIED = CNN.changed(data=CNN.data.changed(augmentation=Augmentation(flip=True, mixup=0.2)))


def test_on_plain_pictures_nothing_varies_and_the_rest_stays() -> None:
    assert pairs.on_plain_pictures(CNN) is None
    assert pairs.on_plain_pictures(VARIED) == CNN.changed(title="CNN 16, plain pictures")


def test_half_the_size_is_for_pictures_of_one_s_own() -> None:
    assert pairs.at_half_size(CNN) is None
    large = CNN.architecture.changed(input_shape=(150, 150, 3))
    own = CNN.changed(architecture=large, data=CNN.data.changed(folder="shapes12"))
    half = pairs.at_half_size(own)
    assert half is not None
    assert half.architecture.input_shape == (75, 75, 3)
    assert half.title == "CNN 16, 75 pixels"
    assert half.changed(title=own.title, architecture=large) == own
    assert pairs.at_half_size(half) is not None
    smallest = own.changed(architecture=large.changed(input_shape=(55, 55, 3)))
    assert pairs.at_half_size(smallest) is None  # 27 pixels are too few


def test_a_long_title_is_cut_and_none_has_a_name() -> None:
    for title, begin in (("x" * limits.MAX_TITLE_LENGTH, "xxx"), ("", "Own network, plain")):
        plain = pairs.on_plain_pictures(VARIED.changed(title=title))
        assert plain is not None
        assert plain.title.startswith(begin)
        assert len(plain.title) <= limits.MAX_TITLE_LENGTH

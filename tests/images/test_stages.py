from __future__ import annotations

import numpy as np

from fmnist_core.datasets import fashion_mnist
from fmnist_core.images import prepare, stages

DATA = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR)


def test_every_step_becomes_model_input() -> None:
    photo = np.full((120, 200, 3), 240, np.uint8)
    photo[20:90, 60:120] = (30, 60, 90)
    prepared = prepare(photo)
    inputs = stages(prepared)
    assert inputs.shape == (len(prepared.steps), 28, 28, 1)
    assert inputs.dtype == np.float32
    assert inputs.min() >= 0
    assert inputs.max() <= 1
    np.testing.assert_array_equal(inputs[-1], prepared.picture)
    assert inputs[0].mean() > 0.6  # as it came: bright, squeezed, not inverted


def test_a_picture_of_the_data_is_the_same_at_every_stage() -> None:
    inputs = stages(prepare(DATA.test_images[0]))
    for each in inputs:
        np.testing.assert_allclose(each[..., 0], DATA.test_images[0] / 255, atol=1e-6)

"""What the warm host imports before it forks workers: TensorFlow, the engine and the data.

It runs no TensorFlow operation: one before the fork starts threads that no child inherits, and
every child would wait for them for ever.
"""

from __future__ import annotations

import fmnist_core.engine.operations
import fmnist_core.engine.train  # noqa: F401 - imported for those who are forked
from fmnist_core.datasets import fashion_mnist

_data = fashion_mnist.load()
# Unpacked here once, shared by all who are forked.
_ = _data.train_images, _data.test_images

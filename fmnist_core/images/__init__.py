"""Any picture -> model input, with every step kept; and pictures -> PNG, for the screen."""

from fmnist_core.images.montage import montage, to_png
from fmnist_core.images.opening import open_picture
from fmnist_core.images.options import Options
from fmnist_core.images.preparing import (
    SIDE,
    Prepared,
    Step,
    from_drawing,
    prepare,
    prepare_bytes,
)
from fmnist_core.images.separating import Separator
from fmnist_core.images.stages import stages

__all__ = [
    "SIDE",
    "Options",
    "Prepared",
    "Separator",
    "Step",
    "from_drawing",
    "montage",
    "open_picture",
    "prepare",
    "prepare_bytes",
    "stages",
    "to_png",
]

"""How much one experiment may ask for, checked before anything is built.

The numbers are chosen for a laptop that thirty people may share: generous for every network a
course trains, far below what would swap or never end.
"""

from __future__ import annotations

MAX_LAYERS = 60
MAX_SIDE = 512
MAX_CHANNELS = 4
"""Of an input picture."""
MAX_UNITS = 16_384
MAX_FILTERS = 1_024
MAX_PARAMETERS = 20_000_000
MAX_MULTIPLY_ADDS = 1_000_000_000
"""For one picture, forward."""
MAX_EPOCHS = 1_000
MAX_STEPS = 1_000_000
MAX_BATCH_SIZE = 4_096
MAX_MEMORY_BYTES = 4 * 1024**3
"""For weights, gradients, optimizer state and one batch of activations, estimated."""
MAX_SEED = 2**31 - 1
MAX_TITLE_LENGTH = 80
MAX_NAME_LENGTH = 40
"""Of a preset; it becomes part of a run's directory."""
MAX_LINK_LENGTH = 20_000
"""Characters of an experiment in an address. The longest valid experiment fits (a test)."""

"""``python -m fmnist_core``: see ``fmnist_core.cli``."""

import sys

from fmnist_core.cli import main

if __name__ == "__main__":
    sys.exit(main())

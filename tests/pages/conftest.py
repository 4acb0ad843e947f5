"""What the page tests need not pay for again and again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from unittest.mock import patch

import pytest
from streamlit.components.v2 import manifest_scanner


@pytest.fixture(autouse=True, scope="session")
def _installed_components_are_looked_for_once() -> Iterator[None]:
    """A server reads what all installed packages say of themselves once, at its start; each AppTest
    does it anew, which took as long as all the pages."""
    scan = cache(manifest_scanner.scan_component_manifests)
    with patch.object(manifest_scanner, "scan_component_manifests", scan):
        yield

"""Colours that can be read, on light pages and dark ones, on paper and on panels."""

import pytest

from fmnist_core.palette import DARK, LIGHT

TEXT, GRAPHICS = 4.5, 3.0
"""WCAG's smallest contrast ratios."""


def light(colour: str) -> float:
    """Relative luminance of "#rrggbb"."""
    levels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in levels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    brighter, darker = sorted((light(first), light(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_can_be_told_from_what_they_stand_on(palette):
    for ground in (palette.paper, palette.panel):
        for text in (palette.ink, palette.muted):
            assert contrast(text, ground) >= TEXT
        for drawn in (palette.primary, palette.train, palette.validation, *palette.runs):
            assert contrast(drawn, ground) >= GRAPHICS, drawn
    assert contrast("#ffffff", palette.primary) >= TEXT, "Streamlit's button text is white"

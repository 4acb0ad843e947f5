"""Figures say the numbers that they were given."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fmnist_core import figures
from fmnist_core.figures.tables import mix
from fmnist_core.palette import DARK, LIGHT
from fmnist_core.transfer import Point

NAMES = ("cat", "dog", "emu")
CONFUSION = np.array([[8, 2, 0], [1, 9, 0], [0, 0, 0]])


def test_confusion_cells_hold_the_counts_and_say_what_they_mean():
    cells = figures.confusion_cells(CONFUSION, NAMES, LIGHT)
    assert [[cell.count for cell in row] for row in cells] == CONFUSION.tolist()
    assert cells[0][1].label == "cat, taken for dog: 2 of 10 (20.0 %)"
    assert cells[1][1].label == "dog, right: 9 of 10 (90.0 %)"
    assert cells[0][2].text == ""
    assert cells[2][2].label == "emu, right: 0 of 0 (0.0 %)"


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_confusion_cells_are_darker_for_a_larger_share_and_their_text_can_be_read(palette):
    cells = figures.confusion_cells(np.array([[70, 20, 10], [0, 1, 0], [5, 5, 5]]), NAMES, palette)
    strengths = [_distance(cell.fill, palette.paper) for cell in cells[0]]
    assert strengths[0] > strengths[1] > strengths[2] > 0
    assert cells[1][0].fill == palette.paper.lower()
    for row in cells:
        for cell in row:
            assert _contrast(cell.fill, cell.ink) > 4.5


def test_numbers_are_the_pixels_in_their_places():
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    html = figures.numbers_html(picture)
    assert "background:rgb(40,40,40);color:#fff' title='row 0, column 1: 40'>40</td>" in html
    assert "background:rgb(200,200,200);color:#000' title='row 1, column 2: 200'>200</td>" in html
    assert html.count("<td style") == 6


def test_viridis_runs_from_its_lowest_to_its_highest_number():
    pixels, legend = figures.viridis(np.array([[0.0, 1.0], [2.0, 4.0]]))
    assert pixels.shape == (2, 2, 3)
    assert pixels.dtype == np.uint8
    assert pixels[0, 0].tolist() == [0x44, 0x01, 0x54]
    assert pixels[1, 1].tolist() == [0xFD, 0xE7, 0x25]
    assert (legend.low, legend.high) == (0.0, 4.0)
    assert legend.gradient.startswith("linear-gradient(to right, rgb(68,1,84)")


def test_viridis_clips_to_the_ends_it_is_given():
    pixels, legend = figures.viridis(np.array([-3.0, 0.0, 9.0]), low=0.0, high=1.0)
    assert (pixels[0] == pixels[1]).all()
    assert pixels[2].tolist() == [0xFD, 0xE7, 0x25]
    assert (legend.low, legend.high) == (0.0, 1.0)


def test_signed_numbers_have_white_at_zero_purple_below_and_green_above():
    pixels, legend = figures.signed(np.array([-0.5, 0.0, 0.25]))
    assert pixels[1].tolist() == [247, 247, 247]
    assert pixels[0].tolist() == [64, 0, 75]
    red, green, blue = pixels[2].astype(int)
    assert green > red
    assert green > blue
    assert (legend.low, legend.high) == (-0.5, 0.5)


@given(arrays.arrays(np.float64, 3, elements=st.floats(-1e6, 1e6)))
def test_any_numbers_get_colours_in_their_order(values):
    pixels, _ = figures.viridis(values)
    # Green grows all along viridis.
    assert (np.diff(pixels[np.argsort(values), 1].astype(int)) >= 0).all()
    assert figures.signed(np.zeros(2))[0].tolist() == [[247, 247, 247]] * 2


def test_class_counts_show_both_splits():
    figure = figures.class_counts(np.array([5, 6, 7]), np.array([1, 2, 3]), NAMES, LIGHT)
    training, test = figure.data
    assert (training.name, list(training.x), list(training.y)) == ("Training", [5, 6, 7], [*NAMES])
    assert (test.name, list(test.x)) == ("Test", [1, 2, 3])
    assert "n = 18 training, 6 test" in figure.layout.title.text


def test_brightness_boxes_hold_the_quartiles_of_each_class():
    images = np.zeros((5, 2, 2), np.uint8)
    images[:, 0, 0] = [0, 40, 80, 120, 200]
    figure = figures.brightness(images, np.array([0, 0, 0, 0, 1]), NAMES, LIGHT, "test")
    assert [box.name for box in figure.data] == ["cat", "dog"]
    assert figure.data[0].median == (15.0,)
    assert (figure.data[0].q1, figure.data[0].q3) == ((7.5,), (22.5,))
    assert figure.data[0].marker.color == LIGHT.classes[0]
    assert "test, n = 5" in figure.layout.title.text


def test_a_pixel_histogram_counts_every_pixel():
    values = np.array([[0.0, 0.0], [0.0, 1.0]])
    bars = figures.pixel_histogram(values, LIGHT, "Raw").data[0]
    assert sum(bars.y) == 4
    assert (bars.y[0], bars.y[-1]) == (3, 1)
    assert bars.customdata[0][0] == 0.0
    assert bars.customdata[-1][1] == 1.0


def test_accuracies_carry_their_intervals_n_and_what_was_published():
    ours = figures.Measured("CNN", 0.9, 0.88, 0.93, 1_000, published=0.85)
    other = figures.Measured("MLP", 0.8, 0.7, 0.9, 50)
    figure = figures.accuracies([ours, other], LIGHT, "Test accuracy")
    dots, crosses = figure.data
    assert list(dots.x) == [90.0, 80.0]
    assert np.allclose(dots.error_x.array, [3, 10])
    assert np.allclose(dots.error_x.arrayminus, [2, 10])
    assert np.allclose(dots.customdata, [[88, 93, 1_000], [70, 90, 50]])
    assert "n = %{customdata[2]:,}" in dots.hovertemplate
    assert (list(crosses.x), list(crosses.y)) == ([85.0], ["CNN"])
    assert len(figures.accuracies([other], LIGHT, "Test accuracy").data) == 1


def test_a_title_that_looks_like_markup_is_text():
    named = figures.Measured("<b>x</b>", 0.5, 0.4, 0.6, 10)
    assert figures.accuracies([named], LIGHT, "t").data[0].y[0] == "&lt;b&gt;x&lt;/b&gt;"


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_figures_have_the_theme_s_ink_on_no_paper_of_their_own(palette):
    figure = figures.pixel_histogram(np.arange(9.0), palette, "Raw")
    assert isinstance(figure, go.Figure)
    assert figure.layout.font.color == palette.ink
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert "Serif" in figure.layout.title.font.family


def test_mix_goes_from_one_colour_to_the_other():
    assert mix("#000000", "#ffffff", 0) == "#000000"
    assert mix("#000000", "#ffffff", 1) == "#ffffff"
    assert mix("#000000", "#204060", 0.5) == "#102030"


def _channels(colour):
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def _distance(first, second):
    return float(np.abs(_channels(first) - _channels(second)).sum())


def _contrast(first, second):
    """WCAG's contrast ratio."""
    lights = []
    for colour in (first, second):
        c = _channels(colour)
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_parallel_coordinates_have_an_axis_a_setting_and_the_better_line_is_more_orange():
    space = {"units": ("Units", (32, 64)), "act": ("Activation", ("relu", "tanh", "elu"))}
    tried = [({"units": 64, "act": "elu"}, 0.8), ({"units": 32, "act": "relu"}, 0.5)]
    (lines,) = figures.parallel_coordinates(space, tried, DARK).data
    units, activation, score = lines.dimensions
    assert (units.label, list(units.ticktext), list(units["values"])) == (
        "Units",
        ["32", "64"],
        [1, 0],
    )
    assert list(activation.ticktext) == ["relu", "tanh", "elu"]
    assert list(activation["values"]) == [2, 0]
    assert (score.label, list(score["values"])) == ("Validation accuracy, %", [80.0, 50.0])
    assert list(lines.line.color) == [80.0, 50.0]
    assert [colour for _, colour in lines.line.colorscale] == [DARK.rule, DARK.validation]


def test_transfer_curves_have_a_line_a_way_with_its_intervals():
    found = [
        Point("frozen", 1, 0.5, 0.4, 0.65, 5, 3000, 0.1),
        Point("frozen", 10, 0.8, 0.7, 0.9, 5, 3000, 0.1),
        Point("scratch", 1, 0.3, 0.2, 0.4, 5, 3000, 2.0),
    ]
    figure = figures.transfer_curves(found, 0.2, LIGHT)
    frozen, scratch = figure.data
    assert (list(frozen.x), list(frozen.y)) == ([1, 10], [50, 80])
    assert list(frozen.error_y.array) == pytest.approx([15, 10])
    assert list(frozen.error_y.arrayminus) == pytest.approx([10, 10])
    assert (scratch.name, list(scratch.y)) == ("From scratch", [30])
    assert frozen.marker.symbol != scratch.marker.symbol
    assert "n = 3,000, 5 draws" in figure.layout.title.text
    assert list(figure.layout.xaxis.ticktext) == ["1", "10"]
    assert figure.layout.shapes[0].y0 == 20

"""Results, One run, How sure: calibration, and what is gained by answering only if sure."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import figures, reports, temperature
from fmnist_core.calibration import Calibration, answered, calibration, coverage_curve
from fmnist_core.run import Run
from fmnist_core.wording import count, how_sure, percent
from pages.shared import looks, services
from pages.shared.plots import plot

THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)
AS_GOOD_AS = 0.005
"""Sureness and accuracy that differ by less are called equal."""


def show(run: Run, probabilities: np.ndarray) -> None:
    known = temperature.read(run.directory)
    if known and _as_it_is(known):
        labels = services.dataset(run.experiment).test_labels
        given = reports.uncalibrated_test_probabilities(run.directory, labels)
        assert given is not None  # those that are calibrated came from there
        probabilities = given
    left, right = st.columns(2, gap="large")
    with left:
        _calibration(run, probabilities)
    with right:
        _coverage(services.dataset(run.experiment).test_labels, probabilities)


def _as_it_is(known: temperature.Temperature) -> bool:
    """Whether to look at the network before its calibration."""
    as_it_is = "As the softmax says"
    chosen = st.segmented_control(
        "Sureness",
        ["Calibrated", as_it_is],
        default="Calibrated",
        required=True,
        key="lab.sure.calibrated",
        persist_state="session",
        help="Calibrated: its scores are divided by one number, the temperature, before the "
        "softmax. That changes no answer, only how sure it is.",
    )
    looks.caption(
        f"Temperature {known.temperature:.2f}, fitted on {count(known.n, 'held-out picture')}. "
        "All pages show calibrated probabilities."
    )
    return chosen == as_it_is


def _calibration(run: Run, probabilities: np.ndarray) -> None:
    measured = calibration(services.dataset(run.experiment).test_labels, probabilities)
    looks.section("Is it right as often as it is sure?")
    looks.caption(
        f"On average it is {how_sure(measured.sure, 1)} sure and right on "
        f"{percent(measured.accuracy)}: {_judgement(measured)}. Expected calibration error: "
        f"{percent(measured.error)} ({len(measured.bins)} bins of equal width, "
        f"n = {measured.n:,})."
    )
    plot(
        figures.reliability(measured, looks.palette()),
        "lab.sure.calibration",
        f"Calibration curve. {_judgement(measured).capitalize()}; expected calibration error "
        f"{percent(measured.error)}",
    )
    looks.caption(
        "A dot is a bin: how sure its answers were, and how many of them were right, with 95 % "
        "intervals. Below the dashed line it is too sure. The bars count the pictures of each "
        "bin; the error is the distance from the line, averaged over all pictures."
    )


def _judgement(measured: Calibration) -> str:
    gap = measured.sure - measured.accuracy
    if abs(gap) < AS_GOOD_AS:
        return "about as right as it is sure"
    return f"too {'sure' if gap > 0 else 'timid'} by {100 * abs(gap):.1f} points"


@st.fragment
def _coverage(labels: np.ndarray, probabilities: np.ndarray) -> None:
    looks.section("What if it answers only when sure?")
    threshold = st.select_slider(
        "Answers only if at least so sure",
        THRESHOLDS,
        0.9,
        format_func=lambda share: f"{100 * share:g} %",
        key="lab.sure.threshold",
        persist_state="session",
        help="Below, it says: I do not know. Who uses a network so must choose this with "
        "validation pictures; here you only look.",
    )
    chosen = answered(labels, probabilities, float(threshold))
    if chosen.n:
        low, high = 100 * chosen.interval.low, 100 * chosen.interval.high
        text = (
            f"Answers {percent(chosen.coverage)} of the pictures, right on "
            f"{percent(chosen.accuracy)} of them ({low:.1f} to {high:.1f}, "
            f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{chosen.n:,})."
        )
    else:
        text = f"It answers none of the {chosen.total:,} pictures."
    st.html(f'<p class="lab-answer lab-number" role="status">{text}</p>')
    silent = chosen.total - chosen.n
    looks.caption(
        f"It keeps quiet on {count(silent, 'picture')}, {chosen.right_declined:,} of which it "
        f"would have had right, and {chosen.n - chosen.right:,} mistakes remain."
    )
    plot(
        figures.coverage(coverage_curve(labels, probabilities), chosen, looks.palette()),
        "lab.sure.coverage",
        f"Accuracy against the share of pictures that are answered, the surest first. {text}",
    )

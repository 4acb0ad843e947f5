"""Train, Search: the trials as they come, the best one, and which settings matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from fmnist_core import figures, limits
from fmnist_core.run import Run
from fmnist_core.run_state import RunState, Trial
from fmnist_core.search import Search, Setting, experiment_of, importance, label
from fmnist_core.wording import count, duration, percent
from pages.shared import looks, running, services, session, studies
from pages.shared.plots import plot
from pages.shared.tables import table
from pages.views import train_one, train_search_curves

SECONDS = 0.5


def show(run: Run) -> None:
    studies.watch(run, _draw, SECONDS)


def _draw(run: Run, state: RunState) -> None:
    search = run.search
    assert search is not None
    _numbers(run, search, state)
    studies.controls_or_failure(run, state, "search")
    if not state.trials:
        return
    if state.scored:
        _best(run, search, state)
    train_search_curves.show(state)
    _trials(search, state)
    if state.ended or len(state.scored) >= 2:
        _across(run, search, state)


def _numbers(run: Run, search: Search, state: RunState) -> None:
    ended = [trial for trial in state.trials.values() if trial.ended]
    seconds = sum(trial.ended.seconds for trial in ended if trial.ended)
    rate = f"{60 * len(ended) / seconds:,.0f}" if seconds else "-"
    best = state.scored[0] if state.scored else None
    n = f"validation, n = {best.ended.validation_n:,}" if best and best.ended else "none yet"
    cells = (
        ("Trials", f"{len(ended):,} of {search.trials:,}", studies.status(run, state)),
        ("Best so far", percent(best.score or 0) if best else "-", n),
        ("Trials a minute", rate, f"{count(search.executions, 'training')} each"),
        ("Time", duration(seconds) if seconds else "-", "of training"),
    )
    html = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd><dd class=note>{note}</dd></div>"
        for name, value, note in cells
    )
    st.html(f'<dl class="lab-metrics" data-trials="{len(ended)}">{html}</dl>')


def _best(run: Run, search: Search, state: RunState) -> None:
    best = state.scored[0]
    chosen = ", ".join(f"{label(name, search.base)} {_text(v)}" for name, v in best.values.items())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Best: trial {best.number + 1}.** {chosen}", width="content")
        if st.button(
            "Train the best",
            key="lab.search.best",
            icon=":material/play_arrow:",
            help="Opens One network with these settings, on all training pictures.",
        ):
            _train(run.id, best.number)
            st.rerun()  # the whole page: this may be a part that is drawn by itself


def _train(run_id: str, number: int) -> None:
    run = services.store().get(run_id)
    assert run.search is not None
    trial = running.state(run).trials[number]
    found = experiment_of(run.search, trial.values)
    title = f"Best of {run.title}"[: limits.MAX_TITLE_LENGTH]
    data = found.data.changed(train_size=None)
    train_one.edit(found.changed(title=title, preset="", data=data))
    session.choose_run(None)
    session.show_view("One network")


def _trials(search: Search, state: RunState) -> None:
    looks.section(f"{count(len(state.trials), 'trial')}, the best first ({_validated(state)})")
    settings = [choice.setting for choice in search.space]
    rows = [
        (
            str(trial.number + 1),
            *(_text(trial.values[name]) for name in settings),
            _score(trial),
            _spread(trial),
            duration(trial.ended.seconds) if trial.ended else "-",
        )
        for trial in sorted(state.trials.values(), key=_rank)
    ]
    table(
        (
            "Trial",
            *(label(name, search.base) for name in settings),
            "Validation accuracy",
            "Of its trainings",
            "Time",
        ),
        rows,
        title="Trials, the best first",
        numbers=range(1, len(settings) + 4),
    )


def _validated(state: RunState) -> str:
    n = max((each.validation_n for t in state.trials.values() for each in t.epochs), default=0)
    return f"validation, n = {n:,}" if n else "no epoch yet"


def _rank(trial: Trial) -> tuple[bool, float, int]:
    """The one that runs first, then by score."""
    return trial.ended is not None, -(trial.score or 0.0), trial.number


def _score(trial: Trial) -> str:
    if trial.score is not None:
        return percent(trial.score)
    if trial.ended:
        return "failed"
    last = trial.epochs[-1] if trial.epochs else None
    return f"running, {percent(last.validation_accuracy)}" if last else "running"


def _spread(trial: Trial) -> str:
    scores = trial.ended.scores if trial.ended else ()
    if len(scores) < 2:
        return "-"
    return f"{percent(min(scores))} to {percent(max(scores))}"


def _across(run: Run, search: Search, state: RunState) -> None:
    tried = [(trial.values, trial.score or 0.0) for trial in state.scored]
    looks.section(f"All at once (n = {count(len(tried), 'trial')})")
    space = {c.setting: (label(c.setting, search.base), c.values) for c in search.space}
    plot(
        figures.parallel_coordinates(space, tried, looks.palette()),
        f"lab.search.parallel.{run.id}.{len(tried)}",
        f"Parallel coordinates of {len(tried)} trials; the best reached "
        f"{percent(state.scored[0].score or 0)} validation accuracy",
    )
    looks.caption(
        "A line is a trial; the more orange, the better. Drag along an axis to keep some of them."
    )
    matter = importance(search, tried)
    if not matter:
        return
    looks.section(f"Which settings matter (n = {count(len(tried), 'trial')})")
    table(
        ("Setting", "Share of the differences", "By chance alone", "Best value"),
        [
            (
                label(each.setting, search.base),
                percent(each.share, 0),
                percent(_chance(tried, each.setting), 0),
                _text(each.best),
            )
            for each in matter
        ],
        title="Which settings matter",
        numbers=(1, 2, 3),
    )
    looks.caption(
        "How much of the scores' variance lies between the values of a setting (eta squared), and "
        "how much would where it changes nothing. Shares overlap and do not add up to 100 %."
    )


def _chance(tried: Sequence[tuple[Mapping[str, Setting], float]], setting: str) -> float:
    """The expected eta squared of a setting that changes nothing: values that were tried, less
    one, of trials, less one."""
    return min(1.0, (len({values[setting] for values, _ in tried}) - 1) / (len(tried) - 1))


def _text(value: int | float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

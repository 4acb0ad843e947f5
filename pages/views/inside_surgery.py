"""Inside, Filters: silence or repaint one filter, and count what the network gets wrong then."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fmnist_core import evaluation, figures
from fmnist_core.explanations import Explanations, Surgery
from fmnist_core.model_server import Filters
from fmnist_core.surgery import SILENCE, changes, repaint
from fmnist_core.wording import count, percent
from pages.shared import looks, services, session
from pages.shared.confusion import confusion_matrix
from pages.shared.gallery import gallery
from pages.shared.plots import legend

SHOWN = 24
_CELL = "lab.surgery.cell"
"""Session state: "before" or "after", and the actual and predicted class of the chosen cell."""


def show(layer: Filters, number: int) -> None:
    old = layer.kernels[..., number]
    change = _change(old.shape[0])
    new = repaint(old, change)
    _kernels(layer, number, old, new)
    with st.spinner("Judging the validation pictures again..."):
        found = Explanations(services.backend()).surgery(
            session.model(), layer.layer, number, new, bias=0.0
        )
    _accuracies(found)
    left, right = st.columns(2)
    with left:
        _confusion(found, found.before, "before", "Before")
    with right:
        _confusion(found, found.after, "after", f"After: {change}")
    _cell_pictures(found)


def _change(side: int) -> str:
    options = changes(side)
    if st.session_state.get("lab.surgery.change") not in options:
        st.session_state["lab.surgery.change"] = SILENCE
    return str(
        st.pills(
            "Change it to",
            options,
            required=True,
            key="lab.surgery.change",
            persist_state="session",
            help="Silence: all its weights and its bias are zero; a BatchNormalization behind it "
            "still adds its own shift. The others: a known kernel, as strong as the learned one, "
            "the same for every input channel, without bias.",
        )
    )


def _kernels(layer: Filters, number: int, old: np.ndarray, new: np.ndarray) -> None:
    channel = int(st.session_state.get(f"lab.channel.{layer.layer}") or 0)
    channel = min(channel, old.shape[-1] - 1)  # it was chosen of another network
    slices = np.stack([old[..., channel], new[..., channel]])
    pixels, scale = figures.signed(slices, reach=float(np.abs(slices).max()))
    with st.container(width=240):
        gallery(
            pixels,
            [f"Filter {number} as learned", f"Filter {number} as changed"],
            key="lab.surgery.kernels",
            title="The filter before and after",
            captions=["Learned", "Changed"],
            columns=2,
            tile=96,
        )
    channels = layer.kernels.shape[2]
    legend(scale, f"weight, input channel {channel} of {channels}" if channels > 1 else "weight")


def _accuracies(found: Surgery) -> None:
    right, right_after = found.before == found.labels, found.after == found.labels
    n = len(found.labels)
    shown = []
    for name, hits in (("before", right), ("after", right_after)):
        low, high = evaluation.wilson(int(hits.sum()), n)
        interval = f"{percent(low)} to {percent(high)}"
        shown.append(
            f"<div><dt>Accuracy {name}</dt><dd>{percent(hits.mean(), 2)}</dd>"
            f'<dd class="note">{interval}</dd></div>'
        )
    st.html(f'<dl class="lab-surgery">{"".join(shown)}</dl>')
    spoiled, mended = int((right & ~right_after).sum()), int((~right & right_after).sum())
    other = int((found.before != found.after).sum())
    looks.caption(
        f"Validation pictures of this network, n = {n:,}, with 95 % intervals. "
        f"{count(other, 'answer')} changed: {spoiled:,} right ones became wrong, {mended:,} wrong "
        "ones right. Only this count used the change; the network is as it was."
    )


def _confusion(found: Surgery, said: np.ndarray, when: str, title: str) -> None:
    names = session.models_dataset().class_names
    looks.section(title)
    cell = _cell(names)
    confusion_matrix(
        evaluation.confusion(found.labels, said, len(names)),
        names,
        key=f"lab.surgery.confusion.{when}",
        title=f"Confusion matrix {when} (validation, n = {len(said):,}): rows are the actual "
        "class, columns the predicted one",
        selected=cell[1:] if cell and cell[0] == when else None,
        on_choose=_chooser(when),
    )


def _cell(names: Sequence[str]) -> tuple[str, int, int] | None:
    """The chosen one; none that a network of fewer classes does not have."""
    cell: tuple[str, int, int] | None = st.session_state.get(_CELL)
    return cell if cell and max(cell[1:]) < len(names) else None


def _chooser(when: str) -> Callable[[int, int], None]:
    def choose(actual: int, predicted: int) -> None:
        st.session_state[_CELL] = when, actual, predicted

    return choose


def _cell_pictures(found: Surgery) -> None:
    """Those of the chosen cell, the ones whose answer changed first."""
    cell = _cell(session.models_dataset().class_names)
    if not cell:
        looks.caption("Rows: actual. Columns: predicted. Click a number to see its pictures.")
        return
    when, actual, predicted = cell
    names = session.models_dataset().class_names
    said = found.before if when == "before" else found.after
    places = np.flatnonzero((found.labels == actual) & (said == predicted))
    changed = found.before != found.after
    places = places[np.argsort(~changed[places], kind="stable")]
    looks.section(
        f"{names[actual]}, called {names[predicted]} {when} (n = {len(places):,}, "
        f"{int(changed[places].sum()):,} with another answer {_other(when)})"
    )
    shown = places[:SHOWN]
    refs = [f"validation:{index}" for index in found.indices[shown]]
    answers = [f"{names[b]} → {names[a]}" for b, a in zip(found.before, found.after, strict=True)]
    gallery(
        session.models_dataset().train_images[found.indices[shown]],
        [f"{ref.replace(':', ' picture ').capitalize()}" for ref in refs],
        key="lab.surgery.pictures",
        title="Pictures of the chosen cell",
        captions=[answers[place] if changed[place] else "the same" for place in shown],
        tile=84,
        on_choose=lambda i: session.pin(refs[i]),
        selected=refs.index(session.picture()) if session.picture() in refs else None,
    )


def _other(when: str) -> str:
    return "after" if when == "before" else "before"

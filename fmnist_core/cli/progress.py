"""A run's progress on a terminal as one line that is written over; elsewhere a line per epoch."""

from __future__ import annotations

import shutil
from typing import TextIO

from fmnist_core.run_state import RunState

WIDTH = 20


class Progress:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._drawn = False
        self._epochs = 0

    def show(self, state: RunState) -> None:
        """Draw what changed."""
        for epoch in state.epochs[self._epochs :]:
            validation = ""
            if epoch.validation_accuracy is not None:
                validation = f", validation accuracy {epoch.validation_accuracy:.4f}"
            self.say(
                f"epoch {epoch.epoch}: loss {epoch.train_loss:.4f}, "
                f"accuracy {epoch.train_accuracy:.4f}{validation}"
            )
        self._epochs = len(state.epochs)
        if self._terminal and not state.ended:
            columns = shutil.get_terminal_size().columns
            self._draw(line(state)[: columns - 1])

    def say(self, text: str) -> None:
        """A line that stays."""
        self._clear()
        print(text, file=self._stream, flush=True)

    def _draw(self, text: str) -> None:
        self._clear()
        self._stream.write(text)
        self._stream.flush()
        self._drawn = True

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._drawn = False


def line(state: RunState) -> str:
    """Where a run is, most important first: a narrow terminal cuts the end off."""
    if state.started is None:
        return "starting TensorFlow ..."
    done = state.step / max(1, state.total_steps)
    bar = ("=" * round(WIDTH * done)).ljust(WIDTH, ".")
    parts = [f"[{bar}] step {state.step:,}/{state.total_steps:,}"]
    parts.append(f"epoch {state.epoch}/{state.started.epochs}")
    if state.batches:
        last = state.batches[-1]
        parts.append(f"loss {last.loss:.4f} accuracy {last.accuracy:.3f}")
    if state.images_per_second:
        parts.append(f"{state.images_per_second:,.0f} images/s")
    if state.seconds_left is not None:
        minutes, seconds = divmod(round(state.seconds_left), 60)
        parts.append(f"{minutes}:{seconds:02d} left")
    return "  ".join(parts)

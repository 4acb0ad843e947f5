"""The errors that a visitor can cause, and the only ones that a page may catch.

::

    LabError
    ├── ExperimentError          a setting is unknown, malformed or out of range
    │   ├── ArchitectureError    the layers do not fit together
    │   └── LimitError           the experiment would take more than this machine is allowed to give
    ├── DataError                a dataset file is missing, truncated, corrupt or lying
    ├── PictureError             a picture cannot be read, or is not one
    ├── RunError                 a run cannot do what was asked of it
    │   └── RunNotFoundError     there is no run, model or checkpoint of that name
    └── EngineError              the process that computes did not answer
        └── EngineBusyError      it is still starting, or has too much to do

Every message says what was wrong, what was received, and what to do about it. Anything else
that is raised is a bug: it belongs in the log with its traceback, never on a page.
"""

from __future__ import annotations


class LabError(Exception):
    """Base of everything that can be explained to a visitor in one or two sentences."""


class ExperimentError(LabError):
    """A setting is unknown, malformed or out of range."""


class ArchitectureError(ExperimentError):
    """The layers do not fit together.

    ``layer`` is the index of the offending layer in ``architecture.layers``, or None when the
    whole stack is meant, so that an editor can show the message where the mistake was made.
    """

    def __init__(self, message: str, layer: int | None = None) -> None:
        super().__init__(message)
        self.layer = layer


class LimitError(ExperimentError):
    """The experiment is valid but larger than the limits allow."""


class DataError(LabError):
    """A dataset file is missing, truncated, corrupt or lying about its size."""


class PictureError(LabError):
    """A picture cannot be read, or is not one."""


class RunError(LabError):
    """A run cannot do what was asked of it."""


class RunNotFoundError(RunError):
    """There is no run, model or checkpoint of that name."""


class EngineError(LabError):
    """The process that computes failed or did not answer."""


class EngineBusyError(EngineError):
    """The process that computes is still starting, or has too much to do."""

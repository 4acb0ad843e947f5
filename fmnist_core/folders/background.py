"""An import on a thread of its own: whoever started it may click on, or leave the page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

from fmnist_core.errors import LabError
from fmnist_core.folders.folder import Folder
from fmnist_core.folders.importing import Progress


class BackgroundImport:
    """Begins at once. Its numbers may be read from any thread.

    Args:
        name: what is imported, for people.
        bring: imports it, and says after each file how far it is.
    """

    def __init__(self, name: str, bring: Callable[[Progress], Folder]) -> None:
        self.name = name
        self.done, self.total = 0, 0
        self._outcome: Future[Folder] = Future()
        # A daemon: a server that ends waits for nobody, and the next import sweeps up.
        threading.Thread(
            target=self._import, args=(bring,), name=f"import {name}", daemon=True
        ).start()

    @property
    def ended(self) -> bool:
        return self._outcome.done()

    def wait(self, seconds: float | None = None) -> bool:
        """Until it has ended, but no longer than so many seconds. Whether it has."""
        return bool(wait([self._outcome], seconds).done)

    def folder(self) -> Folder:
        """What came of it; waits for the end.

        Raises:
            DataError: it was refused or holds no data set; nothing of it stays.
        """
        return self._outcome.result()

    def _import(self, bring: Callable[[Progress], Folder]) -> None:
        try:
            self._outcome.set_result(bring(self._progress))
        except LabError as error:
            # Whoever keeps this object would keep the uploaded archive by the traceback.
            error.__cause__ = error.__context__ = None
            self._outcome.set_exception(error.with_traceback(None))
        except BaseException as error:  # noqa: BLE001 - raised again where the outcome is asked for
            self._outcome.set_exception(error)

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total

"""A measurement in a process of its own: JSON in, JSON out, and an environment that is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.projectfiles import ROOT

SWITCHES = ("DNNL", "FMNIST", "KERAS", "KMP", "MALLOC", "MKL", "OMP", "ONEDNN", "TF_", "XLA")
"""Beginnings of the variables that change how fast TensorFlow is."""
LIMIT_SECONDS = 3600


def plain_environment(**settings: str) -> dict[str, str]:
    """This process' environment without any speed switch, and with ``settings``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SWITCHES)}
    return kept | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"} | settings


def ask(module: str, question: dict[str, Any], **settings: str) -> Any:
    """Run ``python -m module`` with the question on its stdin; the answer is its last line.

    Raises:
        RuntimeError: it failed; the message ends with what it printed.
    """
    done = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=plain_environment(**settings),
        timeout=LIMIT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def answer(work: Callable[[dict[str, Any]], Any]) -> None:
    """The other end of ``ask``: called by the module's main."""
    result = work(json.load(sys.stdin))
    print(f"\n{json.dumps(result)}", flush=True)

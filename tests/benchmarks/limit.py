"""Goal 3: how fast this machine multiplies matrices at best, measured as TensorFlow does it.

The share that training reaches follows from this and from the throughput: three times two times
the multiply-adds of a picture (forward, and the gradients of activations and weights), times
pictures a second.
"""

from __future__ import annotations

from typing import Any

from tests.benchmarks.child import ask
from tests.benchmarks.settings import Settings

WAYS = {
    "float32": ("float32", "STRICT"),
    "float32, bf16 inside": ("float32", "BF16"),
    "bfloat16": ("bfloat16", "BF16"),
}
"""Name -> (type of the matrices, ONEDNN_DEFAULT_FPMATH_MODE)."""


def peaks(settings: Settings) -> dict[str, Any]:
    sizes = [256] if settings.quick else [1024, 2048, 4096]
    rounds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(settings.pairs):
        for way, (dtype, mode) in WAYS.items():
            question = {"sizes": sizes, "repeats": settings.times(7), "dtype": dtype}
            as_the_app = {"ONEDNN_DEFAULT_FPMATH_MODE": mode, "TF_ENABLE_ONEDNN_OPTS": "1"}
            found = ask("tests.benchmarks.engine.matmul", question, **as_the_app)
            rounds[way].append(found["flops"])
    return {"flops": rounds, "sizes": sizes}

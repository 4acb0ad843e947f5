"""The numbers that a network computes with while it trains: float32, or bfloat16 where it pays.

The weights, the loss and what the optimizer adds to the weights are float32 either way. bfloat16
has float32's range and eight bits of precision; a processor with matrix tiles (AMX) multiplies
it several times as fast, one with AVX-512's instructions for it about twice, and feature maps are
half as large. oneDNN's own use of bfloat16 inside
a float32 network (see ``jobs.worker``) leaves out the gradients of the kernels, which are a third
of a convolution's work.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal

from fmnist_core.architecture import Architecture
from fmnist_core.summary import summarise

Precision = Literal["float32", "mixed_bfloat16"]
"""Keras' names of the policies."""
WORTHWHILE = {"amx_bf16": 500_000, "avx512_bf16": 300_000}
"""By what the processor can do, the best first: multiply-adds for a picture, below which converting
numbers costs what it saves."""


def precision(architecture: Architecture) -> Precision:
    """What trains ``architecture`` faster here, unless bfloat16 was ruled out."""
    if os.environ.get("ONEDNN_DEFAULT_FPMATH_MODE") != "BF16":
        return "float32"
    if os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0":  # who else would multiply so
        return "float32"
    least = next((WORTHWHILE[flag] for flag in WORTHWHILE if flag in processor_flags()), None)
    if least is None or not architecture.convolves or summarise(architecture).multiply_adds < least:
        return "float32"
    return "mixed_bfloat16"


@cache
def processor_flags(path: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What the processor can do, in Linux' words; nothing where there is no such file."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), ":")
    return frozenset(flags.partition(":")[2].split())

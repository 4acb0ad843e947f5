"""The machine that a number belongs to: processor, memory, versions, and how busy it was."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("tensorflow", "keras", "numpy", "streamlit")
SPEED_FLAGS = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx_vnni",
    "amx_tile",
    "amx_bf16",
    "asimd",
)
"""Of the processor's abilities those that decide how fast matrices are multiplied."""


def describe() -> dict[str, Any]:
    """What stays the same from one measurement to the next; JSON."""
    cpu = _cpu_info()
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": cpu.get("model name", platform.processor() or "unknown"),
        "cores": os.cpu_count(),
        "cpu_flags": [flag for flag in SPEED_FLAGS if flag in cpu.get("flags", "").split()],
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def same(machine: dict[str, Any]) -> tuple[Any, ...]:
    """Equal for two descriptions of one machine, whatever the versions of the day."""
    return machine["cpu"], machine["cores"], machine["memory_gb"]


def load() -> list[float]:
    """Processes that wanted a core, averaged over 1, 5 and 15 minutes."""
    return [round(value, 2) for value in psutil.getloadavg()]


def sentence(machine: dict[str, Any]) -> str:
    """One line for people."""
    flags = ", ".join(machine["cpu_flags"]) or "none of the flags looked for"
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"{machine['cpu']} ({flags}), {machine['cores']} cores, {machine['memory_gb']} GB; "
        f"{machine['system']}, Python {machine['python']}, {versions}"
    )


def _cpu_info() -> dict[str, str]:
    """The first processor's entries; empty where the system has no such file."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return {}
    return dict(re.findall(r"^([^\t\n]+?)\t*: (.*)$", text.split("\n\n")[0], re.MULTILINE))

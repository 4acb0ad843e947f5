"""TensorFlow computes with oneDNN wherever the engine is imported first, as workers do."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from tests.benchmarks.child import plain_environment

CONVOLUTION = """
import fmnist_core.engine.build, os
print("switch", os.environ.get("TF_ENABLE_ONEDNN_OPTS"))
import tensorflow as tf
tf.nn.conv2d(tf.ones((8, 28, 28, 16)), tf.ones((3, 3, 16, 16)), 1, "SAME")
"""


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="TensorFlow's packages for other systems have another oneDNN or none",
)
@pytest.mark.parametrize(("chosen", "used"), [({}, True), ({"TF_ENABLE_ONEDNN_OPTS": "0"}, False)])
def test_convolutions_are_onednn_s_unless_that_was_ruled_out(
    chosen: dict[str, str], used: bool
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONVOLUTION],
        env=plain_environment(ONEDNN_VERBOSE="1", **chosen),
        capture_output=True,
        text=True,
        check=True,
    )
    convolutions = [line for line in done.stdout.splitlines() if ",exec,cpu,convolution," in line]
    assert bool(convolutions) == used
    assert f"switch {int(used)}\n" in done.stdout  # some processors need no switch

"""The machine's peak: large matrix products in bfloat16 and float32, by TensorFlow.

In a process of its own (see ``child``), because the mode is read at the first operation.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import tensorflow as tf

from tests.benchmarks.child import answer


def peak(question: dict[str, Any]) -> dict[str, Any]:
    """{"sizes", "repeats", "dtype"} -> {"flops": FLOP/s of the best size, "size", "all"}"""
    dtype = tf.dtypes.as_dtype(question["dtype"])
    found = {size: _flops(size, question["repeats"], dtype) for size in question["sizes"]}
    best = max(found, key=lambda size: found[size])
    return {"flops": found[best], "size": best, "all": found}


def _flops(size: int, repeats: int, dtype: tf.DType) -> float:
    a, b = (tf.cast(tf.random.normal([size, size]), dtype) for _ in range(2))
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, b)))
    product().numpy()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        product().numpy()
        seconds.append(time.perf_counter() - begin)
    return 2 * size**3 / statistics.median(seconds)


if __name__ == "__main__":
    answer(peak)

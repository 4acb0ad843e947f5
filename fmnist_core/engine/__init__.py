"""Builds, trains, predicts and explains: the only package that imports TensorFlow and Keras.

It runs in worker processes, never in the server. Nothing outside imports it at module level.
"""

import os
import platform

# By itself TensorFlow computes with oneDNN only where the processor has instructions for neural
# networks (AVX-VNNI, AVX-512's, AMX). With AVX2 alone a step is faster with it, too. Read when
# TensorFlow is imported, so it is said before any module here does; 0 leaves it out.
if platform.machine() in ("x86_64", "AMD64"):
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

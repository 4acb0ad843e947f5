"""Builds, trains, predicts and explains: the only package that imports TensorFlow and Keras.

It runs in worker processes, never in the server. Nothing outside imports it at module level.
"""

import os

# TensorFlow computes with oneDNN by itself only where the processor has AVX-512's instructions for
# neural networks. With AVX2 alone, as many laptops have, a step is faster with it too. Read when
# TensorFlow is imported, so it is said before any module here does; 0 leaves it out.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

"""Builds, trains, predicts and explains: the only package that imports TensorFlow and Keras.

It runs in worker processes, never in the server. Nothing outside imports it at module level.
"""

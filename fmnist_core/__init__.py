"""Fashion-MNIST Lab: what an experiment is, and everything that can be said about one.

Plain Python and NumPy. Only ``fmnist_core.engine`` imports TensorFlow, and only worker processes
import ``fmnist_core.engine``.
"""

__version__ = "0.1.0"

"""Files of the MNIST family, made by hand."""

import gzip
import struct

import numpy as np


def idx_bytes(array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_pair(folder, part="t10k", count=30, packed=True, spelling="-{kind}-{dims}-ubyte"):
    """A pair of idx files: picture i is filled with i and labelled i % 10."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.arange(count)
    images = np.broadcast_to((numbers % 256)[:, None, None], (count, 28, 28))
    for kind, dims, array in (("images", "idx3", images), ("labels", "idx1", numbers % 10)):
        data = idx_bytes(array)
        name = part + spelling.format(kind=kind, dims=dims)
        (folder / (name + ".gz" * packed)).write_bytes(gzip.compress(data) if packed else data)
    return folder

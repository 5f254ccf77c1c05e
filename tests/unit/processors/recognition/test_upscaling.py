"""Transposed convolutions and what stands for them give the same."""

from typing import Any

import numpy as np
import openvino
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openvino import opset13 as operations

from processors.recognition.upscaling import with_convolutions


def network(kernel: np.ndarray, strides: list[int], pads: list[int]) -> Any:
    """Doubles (height, width) of maps with ``kernel`` (inputs x outputs x 2 x 2), and takes what is above zero."""
    maps = operations.parameter([1, kernel.shape[0], 3, 5], np.float32)
    ones = [1, 1]
    larger = operations.convolution_backprop_data(maps, operations.constant(kernel), strides, None, pads, pads, ones)
    return openvino.Model([operations.relu(larger)], [maps], "doubles")


def run(model: Any, maps: np.ndarray) -> np.ndarray:
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled.create_infer_request().infer({0: maps})[0].copy()


def kinds(model: Any) -> set[str]:
    return {node.get_type_name() for node in model.get_ordered_ops()}


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_the_same_maps_come_out(inputs: int, outputs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(inputs, outputs, 2, 2)).astype(np.float32)
    maps = rng.normal(size=(1, inputs, 3, 5)).astype(np.float32)
    replaced = with_convolutions(network(kernel, [2, 2], [0, 0]))
    assert "ConvolutionBackpropData" not in kinds(replaced)
    expected = run(network(kernel, [2, 2], [0, 0]), maps)
    assert expected.shape == (1, outputs, 6, 10)
    assert run(replaced, maps) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("strides", "pads"), [([1, 1], [0, 0]), ([2, 2], [1, 1])])
def test_other_layers_are_left_alone(strides: list[int], pads: list[int]) -> None:
    kernel = np.ones((2, 2, 2, 2), dtype=np.float32)
    assert "ConvolutionBackpropData" in kinds(with_convolutions(network(kernel, strides, pads)))

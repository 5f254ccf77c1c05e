"""A recogniser's last layer, cut to the scripts of Europe.

The last layer weighs every character of the alphabet against every column of a line image, which takes a quarter to
a third of a recogniser's time, and nine in ten of the characters are East Asian. A :class:`CutHead` weighs the others,
and a sample of those left out that stands for all of them. Where the sample takes a noticeable share of any column, the
line is weighed by the whole layer: the cut one decides no line that may be in another script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Tensor = NDArray[np.float32]

_SAMPLE = 1024
"""Characters that stand for those left out. With fewer, a rare character's likeness may be missing among them."""
_NOTICEABLE = 0.006
"""Share of a column. On 380 lines with East Asian characters, clean and blurred, the least was 0.04 (small model; tiny
0.4); of lines without any, 1 to 5 in 100 have more than this, and cost a weighing by the whole layer.
"""


@dataclass(frozen=True, slots=True, eq=False)
class CutHead:
    """The last layer in two parts. ``alphabet`` has the characters that are weighed always, then those left out.

    ``weights`` (features x characters) and ``biases`` are in that order; the first ``kept`` are the former.
    """

    alphabet: tuple[str, ...]
    weights: "Tensor"
    biases: "Tensor"
    kept: int

    def sampled(self) -> "tuple[Tensor, Tensor]":
        """Weights and biases of the cut layer: of the characters kept, then of the sample, each for its share of all
        that are left out."""
        import numpy as np

        left_out = len(self.alphabet) - self.kept
        sample = np.linspace(self.kept, len(self.alphabet) - 1, min(_SAMPLE, left_out)).astype(int)
        chosen = np.concatenate([np.arange(self.kept), sample])
        biases = self.biases[chosen]
        biases[self.kept :] += np.log(left_out / max(1, len(sample)))
        return np.ascontiguousarray(self.weights[:, chosen]), biases

    def probabilities(self, weighed: "Tensor", features: "Tensor") -> "Tensor":
        """Of each character in each column of one line (columns x characters, the first of ``alphabet``).

        ``weighed`` are the probabilities by the cut layer (columns x those kept and sampled), ``features`` what the
        layer weighs (columns x features). A view of ``weighed`` where that will do.
        """
        if weighed[:, self.kept :].sum(axis=1).max(initial=0.0) < _NOTICEABLE:
            return weighed[:, : self.kept]
        return _softmax(features @ self.weights + self.biases)


def cut_head(weights: "Tensor", biases: "Tensor", alphabet: Sequence[str]) -> CutHead:
    """The layer of ``weights`` (features x characters) and ``biases``, which tells the characters of ``alphabet``."""
    import numpy as np

    order = sorted(range(len(alphabet)), key=lambda index: _is_left_out(alphabet[index]))
    kept = sum(not _is_left_out(character) for character in alphabet)
    return CutHead(
        tuple(alphabet[index] for index in order),
        np.ascontiguousarray(weights[:, order], dtype=np.float32),
        np.asarray(biases[order], dtype=np.float32),
        kept,
    )


def cut_model(model: Any, alphabet: Sequence[str]) -> tuple[Any, CutHead] | None:
    """An OpenVINO model of a recogniser with its last layer cut: outputs 0 and 1 are what
    :meth:`CutHead.probabilities` takes, for each line of a batch. ``None`` where the model does not end as expected, in
    a product, a sum and a softmax.
    """
    import openvino
    from openvino import opset13 as operations

    ends = _ends(model)
    if ends is None:
        return None
    features, weights, biases = ends
    head = cut_head(weights, biases, alphabet)
    some_weights, some_biases = head.sampled()
    product = operations.matmul(features, operations.constant(some_weights), False, False)
    weighed = operations.softmax(operations.add(product, operations.constant(some_biases.reshape(1, 1, -1))), -1)
    outputs = [operations.result(weighed), operations.result(features)]
    return openvino.Model(outputs, model.get_parameters(), "cut"), head


def _ends(model: Any) -> "tuple[Any, Tensor, Tensor] | None":
    """What the model's last layer takes, its weights and its biases."""
    softmax = _behind(model.get_results()[0].input_value(0))
    if softmax.get_type_name() != "Softmax":
        return None
    total = _behind(softmax.input_value(0))
    if total.get_type_name() != "Add":
        return None
    product, biases = _behind(total.input_value(0)), _behind(total.input_value(1))
    if product.get_type_name() != "MatMul" or biases.get_type_name() != "Constant":
        return None
    weights = _behind(product.input_value(1))
    if weights.get_type_name() != "Constant" or any(product.get_attributes()[name] for name in _TRANSPOSED):
        return None
    return product.input_value(0), weights.get_data(), biases.get_data().reshape(-1)


_TRANSPOSED = ("transpose_a", "transpose_b")


def _behind(output: Any) -> Any:
    """The node that computes ``output``, beyond those that only hand it on."""
    node = output.get_node()
    while node.get_type_name() == "Identity":
        node = node.input_value(0).get_node()
    return node


def _is_left_out(text: str) -> bool:
    """Whether it is an East Asian character or, beyond the basic plane, a rare one or an emoji."""
    return any("\u2e80" <= one < "\ufb00" or "\uff61" <= one < "\uffe0" or one > "\uffff" for one in text)


def _softmax(weighed: "Tensor") -> "Tensor":
    import numpy as np

    raised: Tensor = np.exp(weighed - weighed.max(axis=1, keepdims=True))
    raised /= raised.sum(axis=1, keepdims=True)
    return raised

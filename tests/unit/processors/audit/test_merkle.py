"""Merkle trees after RFC 6962: known roots, and proofs that hold for what they prove and for nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.audit.merkle import inclusion_proofs, leaf_hash, merkle_root, node_hash, root_of_proof

# The test vectors of the Certificate Transparency reference implementation: data of leaves, and the root over the
# first n of them.
DATA = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
DATA.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference_implementation(size: int) -> None:
    assert merkle_root(map(leaf_hash, DATA[:size])).hex() == ROOTS[size - 1]


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    assert merkle_root(()) == hashlib.sha256().digest()


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


SIZES = st.integers(1, 70)


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


@given(SIZES)
def test_the_root_is_as_defined(size: int) -> None:
    assert merkle_root(leaves_of(size)) == by_definition(leaves_of(size))


@given(SIZES)
def test_every_leaf_has_a_proof_that_leads_to_the_root_and_to_nothing_else(size: int) -> None:
    leaves = leaves_of(size)
    root, proofs = merkle_root(leaves), inclusion_proofs(iter(leaves), size, range(size))
    for index, leaf in enumerate(leaves):
        path = proofs[index]
        assert root_of_proof(leaf, index, size, path) == root
        assert root_of_proof(leaf_hash(b"other"), index, size, path) != root
        assert root_of_proof(leaf, index + 1, size, path) != root
        assert root_of_proof(leaf, index, size, (*path, leaf)) != root
        if path:
            assert root_of_proof(leaf, index, size, path[:-1]) != root


@given(SIZES, st.data())
def test_proofs_of_some_leaves_are_those_of_all(size: int, data: st.DataObject) -> None:
    wanted = data.draw(st.sets(st.integers(0, size - 1)))
    every = inclusion_proofs(leaves_of(size), size, range(size))
    assert inclusion_proofs(iter(leaves_of(size)), size, wanted) == {index: every[index] for index in wanted}


def test_what_cannot_be_proved() -> None:
    with pytest.raises(ValueError, match="there is no leaf 3"):
        inclusion_proofs(leaves_of(3), 3, [3])
    with pytest.raises(ValueError, match="fewer leaves"):
        inclusion_proofs(leaves_of(2), 3, [0])
    assert root_of_proof(leaf_hash(b""), 0, 0, ()) is None
    assert root_of_proof(leaf_hash(b""), -1, 3, ()) is None

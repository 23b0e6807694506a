"""A recurrent model of one's own, made with `torch.nn`, as a network of ours: same numbers, every gate visible.

Taken: `nn.RNN`, `nn.LSTM` or `nn.GRU` of any depth, with or without biases, over one-hot symbols or over an
`nn.Embedding`, with an `nn.Linear` on top. Gate order is the same on both sides, so weights are copied as they are; an
embedding E is folded into the weights of the one-hot input, W_ih E^T, which is the same map. Weights are copied: later
changes of the module are not seen.

Refused: both directions, projections (`proj_size`), and models that hold weights besides these three parts or modules
that compute something in between, because that could not be shown. What a `forward` does by itself cannot be seen from
outside: compare `run.log_probs` with the model once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnscope.config import RecurrentConfig, checked
from rnnscope.corpus.alphabet import Alphabet
from rnnscope.errors import InputError
from rnnscope.model import checkpoint
from rnnscope.model.build import build
from rnnscope.model.network import Network

_TAKEN = (nn.RNNBase, nn.Linear, nn.Embedding)
# Modules without weights that change nothing once trained, or stand behind the logits.
_HARMLESS = (nn.Dropout, nn.Identity, nn.Softmax, nn.LogSoftmax, nn.CrossEntropyLoss, nn.NLLLoss)

_CELLS = {"RNN_TANH": "rnn", "RNN_RELU": "rnn", "LSTM": "lstm", "GRU": "gru-torch"}

Symbols = Alphabet | str | bytes | Sequence[str | int | None] | Mapping[str, int]
"""The symbols of a model: in the order of its ids, or a mapping to ids; None marks the id of unknown symbols."""


def convert(
    module: nn.Module, symbols: Symbols, output: nn.Linear | None = None, embedding: nn.Embedding | None = None
) -> tuple[Network, Alphabet, bool]:
    """Copy a model of `torch.nn` into a network.

    Args:
        module: the recurrent layers, or a module that holds them and nothing else than `output` and `embedding`.
        symbols: what the model's ids stand for.
        output: logits of the next symbol from h of the top layer; found in `module` if it is there.
        embedding: what symbols go through before the first layer; found in `module` if it is there.

    Returns:
        The network, its alphabet (ascending, so ids may differ from the model's), and whether it has an output layer;
        without one its predictions mean nothing.

    Raises:
        InputError: naming the part that cannot be taken.
    """
    layers, output, embedding = _parts(module, output, embedding)
    alphabet, order = _alphabet(symbols)
    _refuse_shapes(layers, output, embedding, alphabet.size)
    config = checked(
        RecurrentConfig,
        {
            "cell": _CELLS[layers.mode],
            "layers": layers.num_layers,
            "hidden": layers.hidden_size,
            "activation": "relu" if layers.mode == "RNN_RELU" else "tanh",
        },
    )
    network = build(config, alphabet.size, seed=0)
    checkpoint.load(network, dict(_weights(layers, output, embedding, order)), where="the model's weights")
    return network, alphabet, output is not None


def _parts(
    module: nn.Module, output: nn.Linear | None, embedding: nn.Embedding | None
) -> tuple[nn.RNNBase, nn.Linear | None, nn.Embedding | None]:
    inside = list(module.modules())
    layers = [part for part in inside if isinstance(part, nn.RNNBase)]
    if len(layers) != 1 or layers[0].mode not in _CELLS:
        raise _refused(
            type(module).__name__,
            f"it holds {len(layers)} recurrent modules, not one",
            "Pass one nn.RNN, nn.LSTM or nn.GRU (num_layers may be any number), with output= and embedding=.",
        )
    outputs = [output] if output is not None else [part for part in inside if isinstance(part, nn.Linear)]
    embeddings = [embedding] if embedding is not None else [part for part in inside if isinstance(part, nn.Embedding)]
    if len(outputs) > 1 or len(embeddings) > 1:
        raise _refused(
            type(module).__name__,
            f"it holds {len(outputs)} nn.Linear and {len(embeddings)} nn.Embedding",
            "Name the one output layer with output= and the one embedding with embedding=.",
        )
    parts: list[nn.Module] = [*layers, *outputs, *embeddings]
    for part in parts:
        for name, weight in part.named_parameters():
            if not torch.isfinite(weight).all():
                raise _refused(
                    f"{type(part).__name__} with the weight {name!r}",
                    "it holds values that are not finite",
                    "Use weights from before the training diverged.",
                )
    taken = {id(weight) for part in parts for weight in part.parameters()}
    for name, weight in module.named_parameters():
        if id(weight) not in taken:
            raise _refused(
                type(module).__name__,
                f"its weight {name!r} belongs neither to the recurrent layers nor to an output layer or an embedding",
                "Pass the nn.RNN, nn.LSTM or nn.GRU itself, if symbols reach it directly.",
            )
    for part in inside:
        if not isinstance(part, _TAKEN) and not any(part.children()) and type(part) not in _HARMLESS:
            raise _refused(
                type(module).__name__,
                f"its {type(part).__name__} computes something that is neither recurrent layer, output nor embedding",
                "Pass the nn.RNN, nn.LSTM or nn.GRU itself, with output= and embedding=, if nothing else acts on them.",
            )
    return layers[0], outputs[0] if outputs else None, embeddings[0] if embeddings else None


def _refuse_shapes(
    layers: nn.RNNBase, output: nn.Linear | None, embedding: nn.Embedding | None, vocabulary: int
) -> None:
    name = f"{type(layers).__name__}({layers.input_size}, {layers.hidden_size}, num_layers={layers.num_layers})"
    if layers.bidirectional:
        raise _refused(
            f"{name} with bidirectional=True",
            "the backward direction reads symbols that are still to be predicted",
            "Train the model with bidirectional=False.",
        )
    if layers.proj_size:
        raise _refused(
            f"{name} with proj_size={layers.proj_size}",
            "there is no such cell here: h would be a projection of what the gates give",
            "Train the model with proj_size=0.",
        )
    if embedding is None and layers.input_size != vocabulary:
        raise _refused(
            name,
            f"it reads vectors of {layers.input_size} numbers, and the alphabet has {vocabulary} symbols",
            "Pass all symbols in the order of their ids, or the nn.Embedding as embedding=.",
        )
    if embedding is not None and (embedding.num_embeddings, embedding.embedding_dim) != (vocabulary, layers.input_size):
        raise _refused(
            f"{name} and Embedding({embedding.num_embeddings}, {embedding.embedding_dim})",
            f"{vocabulary} symbols and inputs of {layers.input_size} numbers need "
            f"Embedding({vocabulary}, {layers.input_size})",
            "Pass all symbols in the order of their ids (None for one that stands for unknown symbols).",
        )
    if output is not None and (output.in_features, output.out_features) != (layers.hidden_size, vocabulary):
        raise _refused(
            f"{name} and Linear({output.in_features}, {output.out_features})",
            f"h of {layers.hidden_size} numbers and {vocabulary} symbols need "
            f"Linear({layers.hidden_size}, {vocabulary})",
            "Pass the layer that gives the logits of the next symbol, and all symbols in the order of their ids.",
        )


def _weights(
    layers: nn.RNNBase, output: nn.Linear | None, embedding: nn.Embedding | None, order: list[int]
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Our weights by name, from theirs; `order` gives the model's id for each of ours."""
    for layer in range(layers.num_layers):
        weight_ih = _double(getattr(layers, f"weight_ih_l{layer}"))
        weight_hh = _double(getattr(layers, f"weight_hh_l{layer}"))
        if layer == 0:
            weight_ih = (weight_ih if embedding is None else weight_ih @ _rows(embedding).T)[:, order]
        yield f"layers.{layer}.weight_ih", _single(weight_ih)
        yield f"layers.{layer}.weight_hh", _single(weight_hh)
        for name in ("bias_ih", "bias_hh"):
            bias = _double(getattr(layers, f"{name}_l{layer}")) if layers.bias else weight_hh.new_zeros(len(weight_hh))
            yield f"layers.{layer}.{name}", _single(bias)
    if output is None:
        yield "output.weight", np.zeros((len(order), layers.hidden_size), np.float32)
        yield "output.bias", np.zeros(len(order), np.float32)
    else:
        yield "output.weight", _single(_double(output.weight)[order])
        bias = torch.zeros(len(order)) if output.bias is None else _double(output.bias)[order]
        yield "output.bias", _single(bias)


def _rows(embedding: nn.Embedding) -> Tensor:
    """What each id becomes, [V, D]; `max_norm` shortens rows at look-up, so it is looked up, in a copy."""
    weight = _double(embedding.weight).clone()
    return nn.functional.embedding(
        torch.arange(len(weight)), weight, max_norm=embedding.max_norm, norm_type=embedding.norm_type
    )


def _double(weight: Tensor) -> Tensor:
    return weight.detach().to("cpu", torch.float64)


def _single(weight: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(weight.to(torch.float32).numpy())


def _alphabet(symbols: Symbols) -> tuple[Alphabet, list[int]]:
    """The alphabet in ascending order, and for each of its ids the id of the model."""
    if isinstance(symbols, Alphabet):
        return symbols, list(range(symbols.size))
    listed = _in_order_of_ids(symbols)
    numbers = {type(symbol) for symbol in listed} - {type(None)}
    kind = "bytes" if numbers == {int} else "characters"
    codes = [None if symbol is None else _code(symbol, kind) for symbol in listed]
    if len(set(codes)) != len(codes) or not numbers:
        twice = next((symbol for symbol in listed if listed.count(symbol) > 1), None)
        raise _refused(
            f"an alphabet of {len(listed)} symbols",
            "it names no symbol" if not numbers else f"{twice!r} stands in it more than once",
            "Give each symbol once, in the order of the model's ids.",
        )
    known = sorted(code for code in codes if code is not None)
    order = [codes.index(code) for code in known]
    if None in codes:
        order.append(codes.index(None))
    policy = "reserve" if None in codes else "refuse"
    return Alphabet.from_json({"kind": kind, "codes": known, "unseen": policy}, where="the alphabet"), order


def _in_order_of_ids(symbols: str | bytes | Sequence[str | int | None] | Mapping[str, int]) -> list[str | int | None]:
    if not isinstance(symbols, Mapping):
        return list(symbols)
    by_id = {number: symbol for symbol, number in symbols.items()}
    if sorted(by_id) != list(range(len(symbols))):
        raise _refused(
            f"an alphabet with {len(symbols)} symbols",
            "its ids are not 0, 1, 2, ... without a gap",
            "Map each symbol to the id that the model knows it by; None stands for unknown symbols.",
        )
    return [by_id[number] for number in range(len(symbols))]


def _code(symbol: Any, kind: str) -> int:
    if kind == "bytes" and isinstance(symbol, int) and 0 <= symbol < 256:
        return symbol
    if kind == "characters" and isinstance(symbol, str) and len(symbol) == 1:
        return ord(symbol)
    raise _refused(
        f"an alphabet with the symbol {symbol!r}",
        "a symbol is one character, or in an alphabet of numbers one byte from 0 to 255",
        "Give characters (a string will do) or bytes; None marks the id that stands for unknown symbols.",
    )


def _refused(given: str, why: str, todo: str) -> InputError:
    return InputError(tried="take over a PyTorch model", given=given, why=why, todo=todo)

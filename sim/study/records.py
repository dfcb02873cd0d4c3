"""Records as arrays and JSON and back, bit for bit: any tree of this package's dataclasses, tuples, numbers and words.

Nothing but plain data is written, and reading makes nothing but dataclasses of this package (by their own
constructors, which check what they are given).
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import StoreError

Arrays = dict[str, NDArray[Any]]
_PACKAGE = "sim."
_ODD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(value: Any) -> tuple[Any, Arrays]:
    """Take a record apart.

    Parameters
    ----------
    value : record
        Dataclasses of this package, tuples, lists, dicts, frozensets, arrays, numbers, words, truth values, None.

    Returns
    -------
    tree : JSON value
        What it consists of; arrays by name.
    arrays : dict of str to ndarray
        Its arrays, in C order.

    Raises
    ------
    StoreError
        Something else is in it.
    """
    arrays: Arrays = {}
    return _tree(value, arrays), arrays


def _tree(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        name = f"a{len(arrays)}"
        arrays[name] = np.asarray(value, order="C")
        return {"array" if isinstance(value, np.ndarray) else "scalar": name}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, tuple | list):
        return {type(value).__name__: [_tree(each, arrays) for each in value]}
    if isinstance(value, frozenset):
        return {"frozenset": [_tree(each, arrays) for each in sorted(value)]}
    if isinstance(value, Mapping):
        return {"dict": [[_tree(key, arrays), _tree(each, arrays)] for key, each in value.items()]}
    kind = type(value)
    if dataclasses.is_dataclass(kind) and kind.__module__.startswith(_PACKAGE):
        named = {each.name: _tree(getattr(value, each.name), arrays) for each in dataclasses.fields(value)}
        return {"record": f"{kind.__module__}:{kind.__qualname__}", "fields": named}
    raise StoreError(f"a {kind.__module__}.{kind.__qualname__} cannot be kept; allowed: records of plain data")


def decode(tree: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Put a record together again.

    Parameters
    ----------
    tree : JSON value
        As `encode` gave it.
    arrays : mapping of str to ndarray
        Its arrays.

    Returns
    -------
    record
        Equal to what was encoded.

    Raises
    ------
    StoreError
        The tree is not one of `encode`, or names something else than a dataclass of this package.
    """
    if not isinstance(tree, dict):
        return tree
    match tree:
        case {"array": name}:
            return arrays[name]
        case {"scalar": name}:
            return arrays[name][()]
        case {"float": text}:
            return _ODD[text]
        case {"tuple": parts}:
            return tuple(decode(each, arrays) for each in parts)
        case {"list": parts}:
            return [decode(each, arrays) for each in parts]
        case {"frozenset": parts}:
            return frozenset(decode(each, arrays) for each in parts)
        case {"dict": pairs}:
            return {decode(key, arrays): decode(each, arrays) for key, each in pairs}
        case {"record": name, "fields": named}:
            return _record_type(name)(**{key: decode(each, arrays) for key, each in named.items()})
    raise StoreError(f"a kept record holds {sorted(tree)}, which this version does not know; delete the file")


def _record_type(name: str) -> Any:
    module, _, qualified = name.partition(":")
    kind: Any = None
    if module.startswith(_PACKAGE):
        kind = importlib.import_module(module)
        for part in qualified.split("."):
            kind = getattr(kind, part, None)
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module):
        raise StoreError(f"a kept record names {name!r:.80}, which is no record of this package; delete the file")
    return kind


def digest(value: Any) -> str:
    """Hash a record: every bit of every number counts.

    Parameters
    ----------
    value : record
        As for `encode`.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    StoreError
        As `encode`.
    """
    tree, arrays = encode(value)
    found = hashlib.sha256(json.dumps(tree, separators=(",", ":"), allow_nan=False).encode())
    for name, array in arrays.items():
        found.update(f"\0{name} {array.dtype.str} {array.shape}\0".encode() + array.tobytes())
    return found.hexdigest()

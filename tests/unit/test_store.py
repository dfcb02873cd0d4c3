"""The ledger keeps what it was given."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.errors import StoreError
from sim.store import Ledger, case_id_of

CASE = case_id_of({"mission": "luna26", "tof_day": 4.5})


def test_arrays_and_metadata_come_back_bit_for_bit(tmp_path):
    arrays = {
        "states": np.array([[1.0, -0.0, np.nan], [np.inf, 5e-324, 1.7e308]]),
        "status": np.array([0, -3], dtype=np.int8),
        "site": np.array(["Vostochny", "Wenchang"]),
        "empty": np.empty((0, 6)),
        "single": np.float32(2.5),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    }
    meta = {"rows": 2, "note": "перилуний", "share": 0.1}
    with Ledger(tmp_path / "run.sqlite") as ledger:
        ledger.put(CASE, "windows", arrays, meta)
    with Ledger(tmp_path / "run.sqlite") as ledger:
        chunk = ledger.get(CASE, "windows")
    assert chunk is not None
    assert chunk["meta"] == meta
    assert list(chunk["arrays"]) == list(arrays)
    for name, value in arrays.items():
        back = chunk["arrays"][name]
        assert back.dtype == np.asarray(value).dtype
        assert back.shape == np.shape(value)
        assert back.tobytes("A") == np.asarray(value).tobytes("A")


@given(
    array=hnp.arrays(
        dtype=st.one_of(hnp.floating_dtypes(), hnp.integer_dtypes(), hnp.boolean_dtypes()),
        shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    )
)
def test_any_numeric_array_comes_back(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("ledger") / "run.sqlite"
    with Ledger(path) as ledger:
        ledger.put("c", "n", {"a": array})
        chunk = ledger.get("c", "n")
    assert chunk is not None
    back = chunk["arrays"]["a"]
    assert (back.dtype, back.shape, back.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_a_case_is_done_only_when_finished(tmp_path):
    with Ledger(tmp_path / "run.sqlite") as ledger:
        assert not ledger.done(CASE)
        ledger.put(CASE, "b", {"x": np.zeros(2)})
        ledger.put(CASE, "a", {"x": np.zeros(2)})
        assert not ledger.done(CASE)
        ledger.finish(CASE)
        ledger.finish(CASE)
        assert ledger.done(CASE)
        assert ledger.names(CASE) == ("a", "b")
        assert ledger.cases() == (CASE,)
        assert ledger.get(CASE, "c") is None
        assert ledger.get("other", "a") is None
        assert ledger.names("other") == ()


def test_a_second_put_replaces_the_first(tmp_path):
    with Ledger(tmp_path / "run.sqlite") as ledger:
        for value in (1.0, 2.0):
            ledger.put(CASE, "a", {"x": np.array([value])}, {"value": value})
        chunk = ledger.get(CASE, "a")
        assert chunk is not None
        assert chunk["arrays"]["x"].tolist() == [2.0]
        assert chunk["meta"] == {"value": 2.0}
        assert ledger.names(CASE) == ("a",)


def test_a_closed_ledger_is_one_file_and_the_same_file_for_the_same_content(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with Ledger(tmp_path / name / "run.sqlite") as ledger:
            ledger.put(CASE, "a", {"x": np.arange(1000.0)})
            ledger.finish(CASE)
        assert [path.name for path in (tmp_path / name).iterdir()] == ["run.sqlite"]
    assert (tmp_path / "one/run.sqlite").read_bytes() == (tmp_path / "two/run.sqlite").read_bytes()


def test_readers_see_finished_chunks_while_a_writer_works(tmp_path):
    path = tmp_path / "run.sqlite"
    with Ledger(path) as writer:
        writer.put(CASE, "a", {"x": np.arange(3.0)})
        with Ledger(path, read_only=True) as reader:
            assert reader.names(CASE) == ("a",)
            writer.put(CASE, "b", {"x": np.arange(3.0)})
            assert reader.names(CASE) == ("a", "b")
            with pytest.raises(StoreError, match="cannot be written"):
                reader.put(CASE, "c", {"x": np.arange(3.0)})
    with Ledger(path, read_only=True) as reader:
        assert reader.verify() == ()


def test_case_id_depends_on_every_bit_and_not_on_order():
    inputs = {"a": 0.1, "b": {"c": [1, 2], "d": "x"}}
    assert case_id_of(inputs) == case_id_of({"b": {"d": "x", "c": [1, 2]}, "a": 0.1})
    assert case_id_of(inputs) != case_id_of({**inputs, "a": math.nextafter(0.1, 1.0)})
    assert case_id_of({"a": 1}) != case_id_of({"a": 1.0})
    assert len(case_id_of(inputs)) == 64


@pytest.mark.parametrize("value", [math.nan, math.inf, {1, 2}, object(), np.arange(2)])
def test_inputs_without_a_canonical_form_are_refused(value):
    with pytest.raises(StoreError, match="allowed: finite JSON values"):
        case_id_of({"a": value})


@pytest.mark.parametrize("array", [np.array([object()]), np.array([{"a": 1}]), np.array(["a", None])])
def test_objects_are_refused_because_they_need_pickle(tmp_path, array):
    with Ledger(tmp_path / "run.sqlite") as ledger:
        with pytest.raises(StoreError, match="dtype object; allowed"):
            ledger.put(CASE, "a", {"x": array})
        assert ledger.names(CASE) == ()

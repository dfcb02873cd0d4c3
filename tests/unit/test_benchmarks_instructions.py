"""Counts of instructions in single steps, on programs of known length and on one trajectory."""

from __future__ import annotations

import platform
import sys

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not part of the installed package")

from benchmarks import __main__ as command
from benchmarks import instruction_profile, single_steps
from benchmarks.machine_code import KINDS, kind_of, plain_name
from benchmarks.single_steps import Followed, StepError
from sim.core.compile import CACHE_FOLDER

HERE = sys.platform.startswith("linux") and platform.machine() == "x86_64"

# 16 bytes of code that is mapped executable: dec rdi; jnz back; ret.
LOOP = """
import ctypes, mmap
from benchmarks.single_steps import be_traced, stop
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("48ffcf75fbc3"))
view = ctypes.c_char.from_buffer(page)
call = ctypes.CFUNCTYPE(None, ctypes.c_long)(ctypes.addressof(view))
be_traced()
stop()
call(1000)
stop()
"""

CODES = {
    "62f2f5a8b8c2": "narrower vectors",  # vfmadd231pd ymm0{k}{z}, ymm17, ymm2
    "62f2ed48b8c3": KINDS[0],  # vfmadd231pd zmm0, zmm2, zmm3
    "62f1ed4858c3": KINDS[1],  # vaddpd zmm0, zmm2, zmm3
    "62f1fd481007": KINDS[2],  # vmovupd zmm0, [rdi]
    "62f1fd4814c1": KINDS[3],  # vunpcklpd zmm0, zmm0, zmm1
    "62f2fd481907": KINDS[2],  # vbroadcastsd zmm0, [rdi]
    "c4e2e9b8c3": "narrower vectors",  # vfmadd231pd xmm0, xmm2, xmm3
    "c4e2e9b9c3": "single numbers",  # vfmadd231sd xmm0, xmm2, xmm3
    "c5fb5907": "single numbers",  # vmulsd xmm0, xmm0, [rdi]
    "f20f59c1": "single numbers",  # mulsd xmm0, xmm1
    "c5fc100f": "narrower vectors",  # vmovups ymm1, [rdi]
    "c5f877": "narrower vectors",  # vzeroupper
    "c5f993c0": "masks",  # kmovb eax, k0
    "c4e2b0f2c0": "integers and addresses",  # andn
    "7405": "branches and calls",
    "0f8401000000": "branches and calls",
    "ffd0": "branches and calls",  # call rax
    "4889f8": "integers and addresses",  # mov rax, rdi
    "480fafc7": "integers and addresses",  # imul rax, rdi
}


@pytest.mark.parametrize("code", CODES)
def test_instructions_are_told_apart(code):
    assert kind_of(bytes.fromhex(code) + bytes(16)) == CODES[code]


def test_names_of_functions_are_shortened():
    assert plain_name("_ZN3sim4core5lanes15propagate_lanesB2v1E") == "lanes.propagate_lanes"
    assert plain_name("NRT_incref") == "NRT_incref"


def traced_or_skip(function, *arguments):
    if not HERE:
        pytest.skip(single_steps.ABSENT)
    try:
        return function(*arguments)
    except StepError as error:
        if single_steps.REFUSED in str(error):
            pytest.skip(str(error))
        raise


def loop_count():
    with Followed([sys.executable, "-c", LOOP], cwd=instruction_profile.ROOT) as process:
        process.run_to_stop(first=True)
        seen = process.step_to_stop()
        maps = process.places()
        first, last = next((a, b) for a, b, name in maps if b - a == 4096 and max(seen[k] for k in range(a, b)) > 999)
        return {k - first: seen[k] for k in range(first, last) if seen[k]}, process.code_at(first)[:6].hex()


def test_every_turn_of_a_loop_is_counted():
    counts, code = traced_or_skip(loop_count)
    assert code == "48ffcf75fbc3"
    assert counts == {0: 1000, 3: 1000, 5: 1}


def test_a_process_that_ends_is_an_error():
    if not HERE:
        pytest.skip(single_steps.ABSENT)
    with Followed([sys.executable, "-c", "raise SystemExit('no more')"]) as process, pytest.raises(StepError) as error:
        process.run_to_stop(first=True)
    assert "no more" in str(error.value)


@pytest.mark.bench
def test_a_trajectory_is_counted_and_profiled():
    record = traced_or_skip(instruction_profile.profile, "W1", "perilune", 3, 1, 0.02)
    assert set(record) >= set(instruction_profile.KEYS)
    assert 1_000 < record["kernel_per_row"] < record["instructions_per_row"]
    assert sum(record["by_kind"].values()) == pytest.approx(record["kernel_per_row"])
    assert record["by_place"][instruction_profile.COMPILED] == record["kernel_per_row"]
    if CACHE_FOLDER is not None:
        assert record["by_function"]["lanes_step.run_stages"] > 100.0
    assert "in compiled kernels" in instruction_profile.sentence(record)


def test_other_systems_and_unknown_tools_get_a_sentence(monkeypatch, capsys):
    assert command.main(["instructions", "--tools", "orekit"]) == 2
    assert "allowed are perilune, heyoka" in capsys.readouterr().err
    monkeypatch.setattr(single_steps.platform, "machine", lambda: "arm64")
    monkeypatch.setattr(instruction_profile.subprocess, "run", lambda *a, **k: None)
    assert command.main(["instructions", "--rows", "1"]) == 2
    assert "Linux on x86-64" in capsys.readouterr().err

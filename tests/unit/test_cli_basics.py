"""The command line: help, version, wrong use, and every fault as one line with its exit code."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sim.cli
from sim.errors import (
    ConvergenceError,
    DataError,
    EphemerisRangeError,
    InputError,
    ScenarioError,
    ScenarioProblem,
    StoreError,
    UnreachableError,
)

ROOT = Path(__file__).parents[2]
COMMANDS = ("run", "compare", "windows", "plot", "check", "schema", "warmup", "info")


@pytest.fixture
def invoke():
    return lambda *arguments: CliRunner().invoke(sim.cli.app, arguments)


@pytest.fixture
def faulty(monkeypatch):
    """Let `perilune schema` raise what a test gives; returns a setter."""
    import sim.scenario

    def install(fault: BaseException) -> None:
        def fail(kind: str) -> str:
            raise fault

        monkeypatch.setattr(sim.scenario, "schema_json", fail)

    return install


def test_help_names_every_command(invoke):
    result = invoke("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert command in result.stdout
        own = invoke(command, "--help")
        assert own.exit_code == 0, command


def test_version_is_one_line(invoke):
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith("perilune ")
    assert result.stdout.count("\n") == 1


def test_info_names_what_numbers_depend_on(invoke):
    result = invoke("info")
    assert result.exit_code == 0
    for name in ("numpy", "numba", "astropy-iers-data", "python"):
        assert f"\n{name} " in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [("frobnicate",), ("compare", "one.toml"), ("run",), ("check",), ("run", "a.toml", "--ot", "x"), ()],
)
def test_wrong_use_is_exit_code_2_without_a_traceback(invoke, arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "Usage" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (InputError("the launch period stops before it starts"), 2),
        (UnreachableError("inclination 51.6 deg cannot be reached"), 2),
        (StoreError("out/run.sqlite cannot be written"), 2),
        (EphemerisRangeError("1959-01-01", "2051-01-01", (3,), "2099-01-01"), 2),
        (DataError("de440 cut: SHA-256 differs"), 3),
        (ConvergenceError("backward solver", 30, 1e-3), 4),
        (InputError("two\nlines"), 2),
    ],
)
def test_a_typed_error_is_one_line_and_its_exit_code(invoke, faulty, fault, code):
    faulty(fault)
    result = invoke("schema")
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr == f"perilune: {' '.join(str(fault).split())}\n"


def test_scenario_faults_are_one_line_each_and_start_with_the_place(invoke, faulty):
    problems = [
        ScenarioProblem("plan.toml", 3, "orbit.altitude_km", "185000", "100 to 2000", "did you mean metres?"),
        ScenarioProblem("plan.toml", 0, "file", "nothing", "a plan"),
    ]
    faulty(ScenarioError(problems))
    result = invoke("schema")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "plan.toml:3: orbit.altitude_km: found 185000; allowed: 100 to 2000; did you mean metres?",
        "plan.toml: file: found nothing; allowed: a plan",
    ]


def test_an_unknown_fault_is_one_line_and_a_file(invoke, faulty, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    faulty(ZeroDivisionError("division\nby zero"))
    result = invoke("schema")
    assert result.exit_code == 70
    (trace,) = tmp_path.iterdir()
    assert result.stderr == (
        f"perilune: fault of the program, ZeroDivisionError: division by zero; traceback in {trace}\n"
    )
    assert "in fail" in trace.read_text()


def test_the_traceback_goes_to_the_folder_of_the_results_when_there_is_one(tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()

    @sim.cli._guarded
    def command(out: Path) -> None:
        raise ValueError("broken")

    with pytest.raises(sim.cli.typer.Exit) as left:
        command(out=out)
    assert left.value.exit_code == 70
    (trace,) = out.iterdir()
    assert str(trace) in capsys.readouterr().err


def test_ctrl_c_says_what_is_kept(invoke, faulty, tmp_path, capsys):
    faulty(KeyboardInterrupt())
    result = invoke("schema")
    assert result.exit_code == 130
    assert result.stderr == "perilune: interrupted; nothing was written\n"

    @sim.cli._guarded
    def command(out: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(sim.cli.typer.Exit) as left:
        command(out=tmp_path)
    assert left.value.exit_code == 130
    assert f"what was finished is kept in {tmp_path}" in capsys.readouterr().err


INTERRUPTED = """
import signal, sys, time
import sim.scenario, sim.cli
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests run in a shell's background inherit none
def slow(kind):
    print("working", flush=True)
    time.sleep(600)
sim.scenario.schema_json = slow
sys.argv = ["perilune", "schema"]
sim.cli.main()
"""


def test_a_real_interrupt_signal_ends_with_130():
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors == "perilune: interrupted; nothing was written\n"


def test_a_reader_that_left_is_no_fault():
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = subprocess.run(
            [sys.executable, "-m", "sim.cli", "info"],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
    finally:
        os.close(writer)
    assert (result.returncode, result.stderr) == (0, "")


def _cpu_seconds(*arguments: str, enough_s: float) -> float:
    """Processor time, best of ten or the first that is good enough: a busy machine makes some of them slow."""
    best = float("inf")
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "sim.cli", *arguments], check=True, capture_output=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        if best < enough_s:
            break
    return best


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("check", "scenarios/plan_2024.toml")])
def test_light_commands_answer_at_once(arguments):
    # Measured 0.12, 0.20 and 0.30 s on an idle machine, 0.15, 0.42 and 0.46 s beside other work. The limit for
    # `check` is 0.5 s idle; a heavy import at the top of a module would make it 1.5 to 4 s.
    assert _cpu_seconds(*arguments, enough_s=1.0) < 1.0


def test_the_command_line_loads_nothing_heavy():
    code = (
        "import sys, sim.cli; "
        "print([m for m in ('numba', 'numpy', 'scipy', 'astropy', 'matplotlib', 'plotly', 'pydantic') "
        "if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    # typer itself brings pydantic on some versions; it is light.
    assert result.stdout.strip() in ("[]", "['pydantic']")

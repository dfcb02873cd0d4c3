"""What every benchmark writes down: when, where, under which load; records as JSON lines.

Light: the command that T1 times loads this and no other benchmark.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numba
import numpy as np


def machine() -> dict[str, Any]:
    """Fingerprint of the machine.

    Returns
    -------
    dict
        Processor, cores, system, versions of Python, numpy and numba.
    """
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "isa": numba.core.config.CPU_NAME or numba.core.codegen.ll.get_host_cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }


def load() -> float | None:
    """Programs that ran on the machine in the last minute, on average; None where the system does not say.

    Returns
    -------
    float or None
    """
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def stamp() -> dict[str, Any]:
    """Return when and where a record is measured.

    Returns
    -------
    dict
        UTC and the fingerprint of the machine.
    """
    return {"utc": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}


def write_records(path: Path, records: Sequence[dict[str, Any]]) -> None:
    """Append records as JSON lines.

    Parameters
    ----------
    path : Path
        File; made when it does not exist.
    records : sequence of dict
        JSON values; a number that is not finite (the error of a tool that failed) becomes null.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(_finite(record), allow_nan=False) + "\n" for record in records]
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(lines)


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    odd = {key for key, value in record.items() if isinstance(value, float) and not math.isfinite(value)}
    return {key: None if key in odd else value for key, value in record.items()}

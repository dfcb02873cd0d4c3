"""Transfers between Earth and Moon, one class a file, all solved in the full ephemeris model.

`direct` solves three- to seven-day transfers backward from perilune; `arrivals` solves dense
grids of arrivals from their neighbours; `seed` holds the closed-form first guesses and
`verify` flies solutions forward with an integrator and force code of its own.
"""

from sim.transfer.arrivals import solve_arrivals
from sim.transfer.direct import solve_direct
from sim.transfer.fold import fold_margin_cos
from sim.transfer.outcome import OUTCOME_TEXT, Outcome
from sim.transfer.records import Transfers, TransferTargets, join_transfers
from sim.transfer.shooting import transfer_model

__all__ = [
    "OUTCOME_TEXT",
    "Outcome",
    "TransferTargets",
    "Transfers",
    "fold_margin_cos",
    "join_transfers",
    "solve_arrivals",
    "solve_direct",
    "transfer_model",
]

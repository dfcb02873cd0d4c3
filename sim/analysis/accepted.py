"""Record of the opportunities of a mission held against its limits; `sim.analysis.acceptance` makes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.windows.circumstances import Circumstances
from sim.windows.limits import LimitCheck


@dataclass(frozen=True)
class Acceptance:
    """Opportunities of a mission with their circumstances and the limits that refuse them.

    Attributes
    ----------
    circumstances : Circumstances
        Of every opportunity.
    check : LimitCheck
        Which limit refuses which.
    """

    circumstances: Circumstances
    check: LimitCheck

    @property
    def within(self) -> NDArray[np.bool_]:
        """Opportunities accepted, shape (N,)."""
        return self.check.within

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Acceptance:
        """Return the same for some rows.

        Parameters
        ----------
        rows : ndarray
            Boolean mask of shape (N,) or indices.

        Returns
        -------
        Acceptance
            In the order of `rows`.
        """
        check = replace(self.check, refused=self.check.refused[rows])
        return Acceptance(self.circumstances.select(rows), check)

"""Parts of a long look that an earlier run may have finished: computed once, then taken from where they were kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Keeper(Protocol):
    """Remembers finished parts by their name and by everything that decides them."""

    def find(self, part: str, inputs: tuple[Any, ...]) -> tuple[Any] | None:
        """Return a part that was kept for the same inputs.

        Parameters
        ----------
        part : str
            Its name.
        inputs : tuple
            Plain records, numbers, words and arrays that decide it.

        Returns
        -------
        tuple of one or None
            The part; None when there is none.
        """

    def keep(self, part: str, inputs: tuple[Any, ...], value: T) -> T:
        """Keep a finished part.

        Parameters
        ----------
        part : str
            Its name.
        inputs : tuple
            As for `find`.
        value : record
            The part.

        Returns
        -------
        record
            The part as `find` will give it, so that a run that goes on works with the same arrays as one that was
            never interrupted.
        """


def part_of(keeper: Keeper | None, part: str, inputs: tuple[Any, ...], make: Callable[[], T]) -> T:
    """Take a part from where it was kept, else make and keep it.

    Parameters
    ----------
    keeper : Keeper or None
        None: nothing is kept.
    part : str
        Its name.
    inputs : tuple
        Everything that decides it, but for code and ephemeris.
    make : callable
        Makes it.

    Returns
    -------
    record
        The part.
    """
    if keeper is None:
        return make()
    found = keeper.find(part, inputs)
    if found is None:
        return keeper.keep(part, inputs, make())
    value: T = found[0]
    return value

"""Which forces act, as data, and their translation into the flat parameters of the compiled core.

:class:`ForceModel` is the quick model of launch windows and transfers (point masses, Earth's zonals);
:class:`FullForceModel` holds everything that matters in flight.
"""

from sim.dynamics.atmosphere import EXPONENTIAL_LAYERS, Atmosphere
from sim.dynamics.burns import FiniteBurn, Impulse
from sim.dynamics.full_model import FlatFullModel, FullForceModel
from sim.dynamics.gravity_field import GravityField, load_gravity_field, open_gravity_field
from sim.dynamics.model import FlatModel, ForceModel
from sim.dynamics.words import forces_in_words

__all__ = [
    "EXPONENTIAL_LAYERS",
    "Atmosphere",
    "FiniteBurn",
    "FlatFullModel",
    "FlatModel",
    "ForceModel",
    "FullForceModel",
    "GravityField",
    "Impulse",
    "forces_in_words",
    "load_gravity_field",
    "open_gravity_field",
]

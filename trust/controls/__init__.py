"""The catalog of controls: everything that is declared in the five domain modules, in reading order."""

from types import ModuleType

from trust.control import Control
from trust.controls import authentication, authorization, data_handling, runtime, supply_chain

MODULES: tuple[ModuleType, ...] = (authentication, authorization, data_handling, supply_chain, runtime)

CATALOG: tuple[Control, ...] = tuple(
    value for module in MODULES for value in vars(module).values() if isinstance(value, Control)
)
"""All controls. Being defined in a domain module is what puts a control here: there is no second list."""

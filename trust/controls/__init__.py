"""The catalog of controls: everything that is declared in these modules, in reading order."""

from types import ModuleType

from trust.control import Control
from trust.controls import authentication, authorization, data_handling, declared, releases, runtime, supply_chain

MODULES: tuple[ModuleType, ...] = (
    authentication,
    authorization,
    declared,
    data_handling,
    supply_chain,
    releases,
    runtime,
)

CATALOG: tuple[Control, ...] = tuple(
    value for module in MODULES for value in vars(module).values() if isinstance(value, Control)
)
"""All controls. Being defined in one of the modules is what puts a control here: there is no second list."""

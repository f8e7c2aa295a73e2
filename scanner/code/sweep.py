"""All rules that read the code as it is written, for one project: what the flow analysis needs no help for."""

from collections.abc import Iterator

from scanner.code.container_runs import container_runs
from scanner.code.decoding import disguises
from scanner.code.disclosure import disclosure
from scanner.code.fetched_code import fetched_code
from scanner.code.harvest import harvest
from scanner.code.plain_http import plain_addresses
from scanner.code.side_channels import side_channels
from scanner.code.start_up import start_up
from scanner.code.sweeping import Look
from scanner.code.token_files import token_files
from scanner.code.tool_changes import tool_changes
from scanner.code.transport import transport
from scanner.code.usage_data import usage_data
from trust.finding import Finding


def sweep(look: Look) -> Iterator[Finding]:
    """Every finding of every rule; the caller keeps one per place and class."""
    yield from transport(look)
    yield from plain_addresses(look)
    yield from disclosure(look)
    yield from disguises(look)
    yield from side_channels(look)
    yield from harvest(look)
    yield from usage_data(look)
    yield from fetched_code(look)
    yield from start_up(look)
    yield from tool_changes(look)
    yield from container_runs(look)
    yield from token_files(look)

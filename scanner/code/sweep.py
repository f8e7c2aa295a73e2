"""All rules that read the code as it is written, for one project: what the flow analysis needs no help for."""

from collections.abc import Iterator

from scanner.code.clock import Questions
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


def sweep(look: Look, questions: Questions) -> Iterator[Finding]:
    """Every finding of every rule; the caller keeps one per place and class. A rule without time is a gap."""
    ask = questions.ask
    yield from ask("switched-off transport security", lambda: transport(look))
    yield from ask("unencrypted addresses", lambda: plain_addresses(look))
    yield from ask("disclosed data", lambda: disclosure(look))
    yield from ask("disguised code", lambda: disguises(look))
    yield from ask("hidden ways out", lambda: side_channels(look))
    yield from ask("gathered secrets", lambda: harvest(look))
    yield from ask("usage data that is sent", lambda: usage_data(look))
    yield from ask("code from the network", lambda: fetched_code(look))
    yield from ask("changes to start-up files", lambda: start_up(look))
    yield from ask("tools that change", lambda: tool_changes(look))
    yield from ask("containers with too many rights", lambda: container_runs(look))
    yield from ask("tokens in files", lambda: token_files(look))

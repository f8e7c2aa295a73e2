"""Runtime: what a tool input can make the server do, and how it behaves while it runs.

A question of the form "nothing of this kind can happen" passes where the capability for it is absent: a server that
cannot start a program is safe from command injection, and having less to misuse is worth as much as guarding it well.
"""

from trust.control import Verdict, by_findings, control, failed, not_applicable, not_assessed, partial, passed
from trust.facts import Code, Inventory, Probe
from trust.finding import Gap
from trust.vocabulary import Evidence, Signal, Weakness
from trust.wording import counted

NO_PROCESS = "No reachable code starts a program."


@control(
    "RT-01",
    (Code,),
    title="No tool input becomes a shell command",
    why="A semicolon in a file name is enough to run anything with the user's rights.",
    fix="Pass an argument list without a shell.",
    mtf=("CQ-03", "CQ-05"),
    seeks=(Weakness.COMMAND_INJECTION,),
)
def no_command_injection(code: Code) -> Verdict:
    bad = code.found(Weakness.COMMAND_INJECTION)
    if not bad and not code.saw(Signal.PROCESS):
        return passed(NO_PROCESS)
    return by_findings(
        bad,
        clean="No tool input was seen to reach a shell.",
        found="{n} [flow|flows] from tool input to a shell.",
    )


@control(
    "RT-02",
    (Code,),
    title="No tool input becomes a program option",
    why="A value that begins with a dash is read as an option, and some options write files or run programs.",
    fix='Put "--" before values, or refuse values that begin with a dash.',
    mtf=("CQ-05",),
    seeks=(Weakness.ARGUMENT_INJECTION,),
)
def no_argument_injection(code: Code) -> Verdict:
    bad = code.found(Weakness.ARGUMENT_INJECTION)
    if not bad and not code.saw(Signal.PROCESS):
        return passed(NO_PROCESS)
    return by_findings(
        bad,
        clean="Tool inputs are separated from options.",
        found="{n} [flow|flows] from tool input to program arguments without a separator.",
    )


@control(
    "RT-03",
    (Code,),
    title="No tool input is evaluated, deserialized or used as a template",
    why="Each of these runs code that the caller wrote.",
    fix="Parse data as data: JSON, ast.literal_eval, fixed templates.",
    mtf=("CQ-03", "CQ-05"),
    seeks=(Weakness.CODE_INJECTION, Weakness.DESERIALIZATION, Weakness.TEMPLATE_INJECTION),
)
def no_code_injection(code: Code) -> Verdict:
    bad = code.found(Weakness.CODE_INJECTION, Weakness.DESERIALIZATION, Weakness.TEMPLATE_INJECTION)
    if not bad and not code.saw(Signal.EVAL, Signal.DESERIALIZE, Signal.TEMPLATE):
        return passed("No reachable code evaluates, deserializes objects or renders templates.")
    return by_findings(
        bad,
        clean="No tool input was seen to reach evaluation, deserialization or a template.",
        found="{n} [flow|flows] from tool input into code.",
    )


@control(
    "RT-04",
    (Code,),
    title="No query is built from tool input",
    why="A quote in a value becomes part of the query.",
    fix="Use placeholders and pass values separately.",
    mtf=("CQ-03",),
    seeks=(Weakness.SQL_INJECTION,),
)
def no_query_injection(code: Code) -> Verdict:
    bad = code.found(Weakness.SQL_INJECTION)
    if not bad and not code.saw(Signal.SQL):
        return passed("No reachable code queries a database.")
    return by_findings(
        bad, clean="Queries take their values separately.", found="{n} [query is|queries are] built from tool input."
    )


@control(
    "RT-05",
    (Code,),
    title="Tool input does not choose the host that is fetched",
    why="A server that fetches any address reaches the machine's own services and the cloud's metadata.",
    fix="Allow named hosts, or resolve the address, refuse private ranges, and check every redirect.",
    mtf=("CQ-03",),
    seeks=(Weakness.SSRF,),
)
def no_request_forgery(code: Code) -> Verdict:
    bad = code.found(Weakness.SSRF)
    if not bad and not code.saw(Signal.HTTP):
        return passed("No reachable code opens a network connection.")
    return by_findings(
        bad,
        clean="No tool input was seen to choose a host unchecked.",
        found="{n} [request goes|requests go] wherever tool input says.",
    )


@control(
    "RT-06",
    (Code,),
    title="Tool inputs are typed and bounded",
    why="Every input a schema leaves open is one that the code must guard by itself.",
    fix="Give every parameter a type, and an enum, pattern, range or maximum length where it has one.",
    mtf=("CQ-04",),
)
def inputs_are_constrained(code: Code) -> Verdict:
    params = [p for t in code.tools if t.params is not None for p in t.params]
    if not code.tools:
        return failed("No tool definition was found in the code, so no input schema either.")
    if not params:
        return not_applicable("No tool takes an input.")
    loose = [p for p in params if p.type in ("unknown", "any", "object")]
    points = sum(
        100 if p.bounded or p.enum or p.type in ("boolean", "integer", "number") else 60 if p not in loose else 0
        for p in params
    )
    share = points // len(params)
    if share >= 90:
        return passed(f"{len(params)} inputs are typed and bounded.")
    summary = (
        f"{len(params) - len(loose)} of {len(params)} inputs are typed; {sum(p.bounded for p in params)} are bounded."
    )
    return partial(summary, share) if share else failed(summary)


@control(
    "RT-07",
    (Code,),
    title="Waiting and output have limits",
    why="A call that never returns holds the conversation, and sometimes the machine, hostage.",
    fix="Give every request and every started program a timeout, bound what is read, and escape a pattern that a caller"
    " gives or match it with an engine that does not backtrack.",
    seeks=(Weakness.NO_TIMEOUT, Weakness.REDOS),
)
def waiting_is_limited(code: Code) -> Verdict:
    bad = code.found(Weakness.NO_TIMEOUT, Weakness.REDOS)
    if not bad and not code.saw(Signal.HTTP, Signal.PROCESS, Signal.TIMEOUT):
        return not_applicable("No reachable code waits for a program or a network answer.")
    return by_findings(
        bad,
        clean="Requests and programs have timeouts.",
        found="{n} [place waits or computes|places wait or compute] without a limit.",
    )


@control(
    "RT-08",
    (Code,),
    title="Network callers are rate limited",
    why="Without a limit one caller can use up the server, or the quota behind it.",
    fix="Add a rate limiter to the HTTP transport.",
)
def callers_are_rate_limited(code: Code) -> Verdict:
    if not code.listeners:
        return not_applicable("The server has one local client.")
    if code.saw(Signal.RATE_LIMIT):
        return passed("A rate limiter is in place.")
    return failed("No rate limiter was found before the network endpoint.")


@control(
    "RT-09",
    (Code,),
    title="Every tool call is logged",
    why="After an incident the first question is which tools ran, and when.",
    fix="Log tool name and outcome of every call, in one place around the handlers, to stderr.",
)
def calls_are_logged(code: Code) -> Verdict:
    audited = {o.tool for o in code.saw(Signal.AUDIT_TOOL_CALL)}
    if None in audited or (code.tools and {t.name for t in code.tools} <= audited):
        return passed("Every tool call leaves a log entry.")
    if audited:
        share = max(1, min(99, 80 * len(audited) // max(1, len(code.tools))))
        return partial(f"{len(audited)} of {len(code.tools)} tools log their calls.", share)
    if code.saw(Signal.LOG_CALL):
        return partial("The server logs, but not every tool call.", 30)
    return failed("Tool calls leave no trace.")


@control(
    "RT-10",
    (Code,),
    title="Standard output carries the protocol only",
    why="One stray line on stdout breaks the connection, or is read as a message.",
    fix="Write diagnostics to stderr.",
    seeks=(Weakness.STDOUT_POLLUTION,),
)
def stdout_is_clean(code: Code) -> Verdict:
    bad = code.found(Weakness.STDOUT_POLLUTION)
    if not bad and code.listeners and not code.saw(Signal.STDIO_TRANSPORT):
        return not_applicable("The server does not use stdio.")
    return by_findings(
        bad, clean="No reachable code prints to stdout.", found="{n} [place prints|places print] to stdout."
    )


@control(
    "RT-11",
    (Code,),
    lacks=(Probe,),
    title="Wrong messages are answered, and the answer keeps the inside to itself",
    why="A server that dies of nonsense takes the conversation along; a stack trace tells paths, versions and values.",
    fix="Answer unknown methods, unknown tools and wrong arguments with JSON-RPC errors, and log the trace instead.",
    mtf=("CQ-06",),
    best=Evidence.OBSERVED,
    seeks=(Weakness.ERROR_LEAK,),
)
def wrong_messages_are_answered(code: Code, probe: Probe | Gap) -> Verdict:
    leaks = code.found(Weakness.ERROR_LEAK)
    if leaks:
        text = "{n} [error is|errors are] answered with the inside of the server."
        return by_findings(leaks, clean="", found=text)
    if isinstance(probe, Gap):
        return not_assessed(probe.reason)
    bad = [t for t in probe.negative_tests if not t.ok]
    if not probe.negative_tests:
        return failed("The server answered nothing that could be tested.", evidence=Evidence.OBSERVED)
    if not bad:
        return passed(f"{len(probe.negative_tests)} wrong messages answered.", evidence=Evidence.OBSERVED)
    share = 100 * (len(probe.negative_tests) - len(bad)) // len(probe.negative_tests)
    summary = f"{bad[0].name}: {bad[0].detail}"
    return partial(summary, share, evidence=Evidence.OBSERVED) if share else failed(summary, evidence=Evidence.OBSERVED)


@control(
    "RT-12",
    (Inventory, Code),
    title="The server asks for no more system rights than it needs",
    why="A process that runs as root or in a privileged container turns each of its flaws into the machine's.",
    fix="Name an unprivileged user in the Dockerfile and drop what the server does not use.",
    seeks=(Weakness.ROOT_CONTAINER,),
)
def rights_are_least(inventory: Inventory, code: Code) -> Verdict:
    bad = code.found(Weakness.ROOT_CONTAINER)
    containers = [f for f in inventory.files if f.path.rsplit("/", 1)[-1].startswith(("Dockerfile", "Containerfile"))]
    if not bad and not containers:
        return not_applicable("The bundle ships no container definition.")
    return by_findings(
        bad, clean="The container runs as an unprivileged user.", found="{n} [container runs|containers run] as root."
    )


@control(
    "RT-13",
    (Probe,),
    title="The running server does nothing it did not declare",
    why="What a server does before anyone called a tool is what nobody asked for.",
    fix="Do nothing on start but answer; open files and connections when a tool needs them.",
    mtf=("CQ-06",),
    best=Evidence.OBSERVED,
)
def running_server_is_quiet(probe: Probe) -> Verdict:
    seen = (*probe.network_attempts, *probe.files_outside, *probe.processes)
    if not seen:
        return passed("Nothing was reached for before the first call.", evidence=Evidence.OBSERVED)
    return failed(
        counted("{n} undeclared [action|actions] on start; first: ", len(seen)) + seen[0], evidence=Evidence.OBSERVED
    )


@control(
    "RT-14",
    (Code,),
    title="Text from outside is cleaned or marked before it is passed on",
    why="What a page or a message says reaches the model as if the server had said it, hidden characters included.",
    fix="Take control and invisible characters out, say whose text it is, and escape what is put into HTML.",
    seeks=(Weakness.UNTRUSTED_OUTPUT,),
)
def outside_text_is_handled(code: Code) -> Verdict:
    bad = code.found(Weakness.UNTRUSTED_OUTPUT)
    fetching = {t.name for t in code.tools if Signal.HTTP in t.reaches}
    if not bad and not fetching:
        return not_applicable("No tool passes on text from the network.")
    if not bad:
        cleaned = {o.tool for o in code.saw(Signal.OUTPUT_CLEANED)} & fetching
        if len(cleaned) < len(fetching):
            share = 50 + 40 * len(cleaned) // len(fetching)
            return partial(f"{len(cleaned)} of {len(fetching)} tools clean or mark text from the network.", share)
    return by_findings(
        bad,
        clean="Tools clean or mark the text they pass on from the network.",
        found="{n} [page holds|pages hold] what a request said, as it came.",
    )


@control(
    "RT-15",
    (Code,),
    title="Clients do not share state",
    why="What one caller stored in a module's variable the next caller reads.",
    fix="Keep state in the session, and create one server instance per connection.",
    seeks=(Weakness.SESSION_ISOLATION,),
)
def clients_are_isolated(code: Code) -> Verdict:
    bad = code.found(Weakness.SESSION_ISOLATION)
    if not bad and not code.listeners:
        return not_applicable("The server has one local client.")
    return by_findings(
        bad, clean="No state shared between sessions was found.", found="{n} [variable is|variables are] shared."
    )

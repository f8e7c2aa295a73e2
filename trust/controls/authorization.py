"""Authorization: what each tool may touch, and who agreed to it."""

from trust.control import Verdict, by_findings, control, failed, not_applicable, not_assessed, partial, passed
from trust.facts import Code, Declaration, Tool
from trust.finding import Finding
from trust.permissions import WORDS
from trust.vocabulary import Confidence, Evidence, Severity, Signal, Weakness
from trust.wording import counted

CHANGES = (Signal.FILE_WRITE, Signal.FILE_DELETE, Signal.PROCESS, Signal.EVAL, Signal.MESSAGE)
"""Sinks that change something outside the conversation."""
DESTROYS = (Signal.FILE_DELETE, Signal.EVAL, Signal.IRREVERSIBLE)
"""Sinks whose effect cannot be taken back. A started program may be as harmless as `git diff`; it counts apart."""
FILES = (Signal.FILE_READ, Signal.FILE_WRITE, Signal.FILE_DELETE)


@control(
    "AZ-01",
    (Code,),
    title="Tools say truthfully whether they read, change or destroy",
    why="Clients decide by these annotations whether to ask the user first; a wrong one silences the question.",
    fix="Annotate every tool with readOnlyHint, destructiveHint and openWorldHint as the code really behaves.",
    mtf=("CD-02",),
    seeks=(Weakness.ANNOTATION_MISMATCH,),
)
def tools_are_annotated_truthfully(code: Code) -> Verdict:
    lies = code.found(Weakness.ANNOTATION_MISMATCH)
    if lies:
        return by_findings(lies, clean="", found="{n} tool [annotation contradicts|annotations contradict] the code.")
    if not code.tools:
        return failed("No tool definition was found in the code, so no annotation either.")
    annotated = [t for t in code.tools if t.annotations is not None and t.annotations.read_only is not None]
    if len(annotated) == len(code.tools):
        return passed(f"All {len(code.tools)} tools are annotated, and no annotation contradicts the code.")
    if not annotated:
        return failed(f"None of the {len(code.tools)} tools carries annotations.")
    share = max(1, min(99, 100 * len(annotated) // len(code.tools)))
    return partial(f"{len(annotated)} of {len(code.tools)} tools carry annotations.", share)


@control(
    "AZ-02",
    (Code,),
    title="Operators can limit which tools are available",
    why="A team that needs three tools should not have to offer thirty, and a limit that can be walked around is none.",
    fix="Offer a read-only mode, a tool allow-list, or scopes bound to the caller; run named programs without a shell.",
    seeks=(Weakness.BYPASSABLE_FILTER, Weakness.SELF_CONFIGURATION),
)
def tools_can_be_limited(code: Code) -> Verdict:
    bad = code.found(Weakness.BYPASSABLE_FILTER, Weakness.SELF_CONFIGURATION)
    if bad:
        return by_findings(bad, clean="", found="{n} [limit does|limits do] not hold.")
    changing = [t for t in code.tools if _reaches(t, CHANGES)]
    if len(code.tools) <= 1 or not changing:
        return not_applicable("At most one tool, or none that changes anything.")
    if code.saw(Signal.SCOPE_CHECK):
        return passed("Tools are bound to scopes of the caller.")
    if code.saw(Signal.TOOL_FILTER):
        return partial("Operators can choose the tools by a list.", 75)
    if code.saw(Signal.READ_ONLY_MODE):
        return partial("There is a read-only mode for the whole server.", 50)
    if code.saw(Signal.COMMAND_FILTER):
        return partial("Commands are held against a list; the tools themselves are always on.", 40)
    return failed(f"All {len(code.tools)} tools are always on; {len(changing)} of them change something.")


@control(
    "AZ-03",
    (Code,),
    title="Destructive tools ask before they act",
    why="A model that was talked into deleting something should meet one more question before it happens.",
    fix="Elicit a confirmation, or ask for an explicit confirm input that the handler really checks.",
)
def destructive_tools_ask(code: Code) -> Verdict:
    destroying = [t for t in code.tools if _reaches(t, DESTROYS)]
    running = [t for t in code.tools if _reaches(t, (Signal.PROCESS,)) and t not in destroying]
    if not destroying and not running:
        return not_applicable("No tool reaches code that deletes, runs programs or evaluates code.")
    silent = [t for t in (*destroying, *running) if not t.confirms]
    if not silent:
        return passed(f"All {len(destroying) + len(running)} tools that destroy or run something ask first.")
    unmarked = [t for t in destroying if t in silent and not (t.annotations and t.annotations.destructive)]
    if not unmarked:
        text = "{n} [tool|tools] that may destroy or run something [leaves|leave] the question to the client."
        return partial(counted(text, len(silent)), 50)
    return failed(
        f"{len(unmarked)} of {len(destroying)} tools that delete, overwrite or evaluate neither ask nor are marked.",
        *(_silent(t) for t in unmarked),
    )


@control(
    "AZ-04",
    (Code,),
    title="File access stays inside its folder",
    why="A path that climbs out with .. or a link reaches every file the user has.",
    fix="Resolve the path first, then check that it lies inside an allowed folder, and act on the result.",
    mtf=("CQ-03",),
    seeks=(Weakness.PATH_TRAVERSAL,),
)
def file_access_is_confined(code: Code) -> Verdict:
    bad = code.found(Weakness.PATH_TRAVERSAL)
    if not bad and not any(_reaches(t, FILES) for t in code.tools):
        return not_applicable("No tool reaches code that opens files.")
    return by_findings(
        bad,
        clean="Every path that comes from a tool input is confined before it is opened.",
        found="{n} [path from tool input is|paths from tool input are] opened without confinement.",
    )


@control(
    "AZ-05",
    (Code,),
    title="A query can do no more than its tool allows",
    why="A check of the first word, or a transaction that the query itself can end, lets a reader drop the tables.",
    fix="Connect with a database account that may only read, and send the query as one prepared statement.",
    seeks=(Weakness.QUERY_PRIVILEGE,),
)
def queries_are_limited(code: Code) -> Verdict:
    bad, run = code.found(Weakness.QUERY_PRIVILEGE), code.saw(Signal.CALLER_QUERY)
    if not bad and not run:
        return not_applicable("No tool hands its caller's query to a database.")
    open_ended = [o for o in run if o.detail == "unlimited"]
    if not bad and open_ended:
        text = "{n} [tool runs|tools run] any query with all rights of the database account, as [it says|they say]."
        return partial(counted(text, len({o.tool for o in open_ended})), 50)
    return by_findings(
        bad,
        clean="What a caller's query may do is enforced by the database, a parser or the driver.",
        found="{n} [query can|queries can] do more than the tool allows.",
    )


@control(
    "AZ-06",
    (Declaration, Code),
    title="The server does what it declares and no more",
    why="Users approve what they read; code that also runs programs or reads files acts without approval.",
    fix="Describe each capability in the tool descriptions or in the manifest's permissions.",
    mtf=("CD-02",),
)
def capabilities_are_declared(declaration: Declaration, code: Code) -> Verdict:
    declared = " ".join(
        (declaration.description, *declaration.permissions, *(t.description for t in declaration.tools))
    )
    text = " ".join((declared, *(f"{t.name} {t.description}" for t in code.tools))).lower()
    undeclared = [
        (word, signals) for word, signals in WORDS if word in HINTS and code.saw(*signals) and not _names(text, word)
    ]
    if not undeclared:
        return passed("Every capability found in the code is described to the user.")
    findings = []
    for word, signals in undeclared:
        at = code.saw(*signals)[0]
        message = f"The server {word}, and neither its manifest nor its tools say so"
        weakness, severity = Weakness.UNDECLARED_CAPABILITY, Severity.LOW
        findings.append(Finding("code", weakness, severity, Confidence.FIRM, message, at.path, at.line, word))
    share = max(1, 100 - 25 * len(findings))
    return partial(counted("{n} [capability is|capabilities are] described nowhere.", len(findings)), share, *findings)


HINTS: dict[str, tuple[str, ...]] = {
    "writes files": ("write", "create", "save", "edit", "export", "store", "generate", "update", "file", "workbook"),
    "deletes files": ("delete", "remove", "clean", "overwrite", "move"),
    "runs programs": ("run", "exec", "command", "shell", "process", "git", "kubectl", "docker", "script", "terminal"),
    "evaluates code": ("eval", "code", "script", "expression", "python", "javascript", "calculate"),
    "sends messages": ("send", "mail", "message", "post", "notify", "slack", "chat"),
}
"""Words by which a description may announce a capability. Capabilities without an entry are too common to ask about."""


def _names(text: str, word: str) -> bool:
    return any(hint in text for hint in HINTS[word])


@control(
    "AZ-07",
    (Code,),
    title="No more rights are asked of other services than the tools use",
    why="A token that may write is worth stealing, and a server that only reads has no need of it.",
    fix="Ask for the read-only scopes; ask for more when a tool that needs it is switched on.",
    seeks=(Weakness.BROAD_SCOPE,),
)
def scopes_are_narrow(code: Code) -> Verdict:
    bad, asked = code.found(Weakness.BROAD_SCOPE), code.saw(Signal.OAUTH_SCOPE)
    if not bad and not asked:
        return not_applicable("The code asks no other service for rights.")
    return by_findings(
        bad,
        clean="Every right that is asked for is one that a tool may need.",
        found="{n} [scope gives|scopes give] more than the tools use.",
    )


@control(
    "AZ-08",
    (Code,),
    title="A caller is not believed about who it is",
    why="Whoever can name another account, or call itself an administrator, gets what belongs to them.",
    fix="Take the caller from the session or the verified token, and compare the record's owner with it.",
    seeks=(Weakness.MISSING_AUTHZ,),
)
def callers_are_not_believed(code: Code) -> Verdict:
    bad = code.found(Weakness.MISSING_AUTHZ)
    if not bad and not code.saw(Signal.CALLER_KNOWN):
        return not_applicable("The server keeps nothing that tells one caller from another.")
    return by_findings(
        bad,
        clean="No tool was found that trusts what its caller says about itself.",
        found="{n} [place trusts|places trust] what the caller says about itself.",
    )


@control(
    "AZ-09",
    (Code,),
    title="A tool that is not offered cannot be called",
    why="Leaving a tool out of the list hides it from the model, not from whoever knows its name.",
    fix="Ask the same question when a tool is called as when it is listed, best in one function for both.",
    seeks=(Weakness.LISTING_FILTER,),
)
def hidden_tools_are_refused(code: Code) -> Verdict:
    bad = code.found(Weakness.LISTING_FILTER)
    if not bad and not code.saw(Signal.FILTERED_LIST):
        return not_applicable("The list of tools is the same for everybody.")
    return by_findings(
        bad,
        clean="What decides about the list decides about calls as well.",
        found="{n} [list hides|lists hide] tools that can still be called.",
    )


@control(
    "AZ-10",
    (Code,),
    title="A check that breaks refuses",
    why="A policy that allows whenever it cannot decide is switched off by making it fail.",
    fix="Let an error inside a check deny the request.",
    seeks=(Weakness.FAIL_OPEN,),
)
def checks_fail_closed(code: Code) -> Verdict:
    bad = code.found(Weakness.FAIL_OPEN)
    checks = (Signal.AUTH_CHECK, Signal.SCOPE_CHECK, Signal.TOOL_FILTER, Signal.GUARD_PATH, Signal.GUARD_URL)
    if not bad and not code.saw(*checks):
        return not_applicable("The code holds no access check.")
    return by_findings(
        bad,
        clean="No access check was found that allows on error.",
        found="{n} [check allows when it fails|checks allow when they fail].",
    )


@control(
    "AZ-11",
    (Code,),
    title="Unlimited execution is offered knowingly",
    why="A tool that runs any command or any code gives the model all of the user's rights.",
    fix="Narrow the tool to named operations, or mark it destructive, ask first, and run it in a sandbox.",
    seeks=(Weakness.EXCESSIVE_AGENCY,),
)
def execution_is_limited(code: Code) -> Verdict:
    powerful = [t for t in code.tools if _reaches(t, (Signal.EVAL, Signal.PROCESS))]
    bad = code.found(Weakness.EXCESSIVE_AGENCY)
    if not bad and not powerful:
        return not_applicable("No tool reaches code that runs programs or evaluates code.")
    unmarked = [t for t in powerful if not t.confirms and not (t.annotations and t.annotations.destructive)]
    if not bad and unmarked:
        text = "{n} [tool|tools] able to run programs neither [asks nor is|ask nor are] marked destructive."
        return partial(counted(text, len(unmarked)), 50)
    return by_findings(
        bad,
        clean="Tools that run programs are marked or ask first.",
        found="{n} [tool runs whatever it is|tools run whatever they are] given.",
    )


@control(
    "AZ-12",
    (Code,),
    title="No tool set joins untrusted input, private data and a way out",
    why="A text from outside that can read private files and reach the network needs no further flaw to steal them.",
    fix="Split the server, confine the file access, or ask before data leaves.",
)
def capabilities_do_not_combine(code: Code) -> Verdict:
    if len(code.tools) < 2:
        return not_applicable("Fewer than two tools.")
    private, out = (Signal.FILE_READ, Signal.SQL), (Signal.HTTP, Signal.MESSAGE)
    readers = [t for t in code.tools if _reaches(t, private)]
    senders = [t for t in code.tools if _reaches(t, out)]
    if not (readers and senders):
        return passed("The tools do not both read private data and reach the outside.")
    if all(t.confirms for t in senders):
        return partial("Private data and a way out meet in one server, behind a confirmation.", 70)
    return partial(f"{readers[0].name} reads private data and {senders[0].name} reaches the outside.", 40)


@control(
    "AZ-13",
    (Declaration, Code),
    title="The manifest names every tool",
    why="A tool that is not listed was never approved by the person who installed the server.",
    fix="List every tool with a description in the manifest's tools.",
    mtf=("CD-01",),
    best=Evidence.PROVED,
)
def every_tool_is_declared(declaration: Declaration, code: Code) -> Verdict:
    declared = {t.name for t in declaration.tools}
    found = {t.name for t in code.tools}
    if not found and not declared:
        return failed("Neither the manifest nor the code names a tool.")
    if not found:
        return not_assessed("The manifest's tools could not be found in the code to compare them.")
    hidden, missing = sorted(found - declared), sorted(declared - found)
    if not declared:
        reason = "announces tools it does not name" if declaration.tools_generated else "names no tool"
        return failed(f"The manifest {reason}; the code defines {len(found)}.", evidence=Evidence.PROVED)
    if hidden:
        share = max(1, min(60, 60 * len(declared & found) // len(found)))
        return partial(
            counted("{n} [tool of the code is|tools of the code are] not in the manifest: ", len(hidden))
            + _few(hidden),
            share,
        )
    if missing:
        return partial(
            counted("{n} declared [tool was|tools were] not found in the code: ", len(missing)) + _few(missing), 80
        )
    undescribed = sum(not t.description for t in declaration.tools)
    if undescribed:
        return partial(f"{undescribed} of {len(declared)} tools are listed without a description.", 90)
    return passed(f"All {len(found)} tools are listed and described.", evidence=Evidence.PROVED)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _reaches(tool: Tool, signals: tuple[Signal, ...]) -> bool:
    return any(signal in tool.reaches for signal in signals)


def _silent(tool: Tool) -> Finding:
    message = f"Tool {tool.name} acts destructively without asking"
    weakness, severity = Weakness.NO_CONFIRMATION, Severity.MEDIUM
    return Finding("code", weakness, severity, Confidence.FIRM, message, tool.path, tool.line, tool.name)

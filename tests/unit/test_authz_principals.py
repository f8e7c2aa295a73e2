"""Tools that believe what a caller says about itself, and tools that ask the session instead."""

# ruff: noqa: E501 -- a case is read best as it would be written

import pytest

from tests.unit.meaning_code import found
from trust.vocabulary import Severity, Weakness

FLAWED = {
    "python": {
        "mailbox of any employee": """
            CURRENT_EMPLOYEE = os.environ["EMPLOYEE_ID"]
            MAILBOXES = {"e1": ["hi"], "e2": ["salary"]}
            @mcp.tool()
            def read_mailbox(employee_id: str) -> list[str]:
                return MAILBOXES[employee_id]
        """,
        "request context knows the user, the query does not": """
            import sqlite3
            db = sqlite3.connect("desk.db")
            @mcp.tool()
            def who(ctx: Context) -> str:
                return ctx.session.user_id
            @mcp.tool()
            def close(ctx: Context, number: int) -> str:
                if ctx.session.user_id == "root":
                    return "closed"
                return "no"
            @mcp.tool()
            def balance(account_id: str, ctx: Context) -> str:
                row = db.execute("SELECT balance FROM accounts WHERE account_id = ?", (account_id,)).fetchone()
                return str(row[0])
        """,
        "records have owners that nobody compares": """
            SESSION = {"user": "mia"}
            INVOICES = {
                "1": {"owner": "mia", "total": 12},
                "2": {"owner": "tom", "total": 9000},
            }
            def _find(invoice_id):
                return INVOICES.get(invoice_id)
            @mcp.tool()
            def list_mine() -> str:
                return json.dumps([k for k, v in INVOICES.items() if v["owner"] == SESSION["user"]])
            @mcp.tool()
            def show_invoice(invoice_id: str) -> str:
                invoice = _find(invoice_id)
                if invoice is None:
                    return "unknown"
                return json.dumps(invoice)
        """,
        "helper class in another module": """
            from store import Records
            records = Records()
            LOGGED_IN_USER = "p-17"
            @mcp.tool()
            def chart(patient_id: str) -> str:
                return records.chart_of(patient_id)
            @mcp.tool()
            def me() -> str:
                return LOGGED_IN_USER
        """,
        "role that the caller states": """
            @mcp.tool()
            def delete_project(name: str, user_role: str) -> str:
                if user_role != "admin":
                    raise PermissionError("admins only")
                return f"deleted {name}"
        """,
        "flag that the caller sets": """
            PAYROLL = {"a": 1, "b": 2}
            @mcp.tool()
            def payroll(is_admin: bool = False) -> str:
                if not is_admin:
                    return "denied"
                return json.dumps(PAYROLL)
        """,
        "user name that the caller states": """
            NOTES = {"x": "y", "z": "w"}
            @mcp.tool()
            def purge(requesting_user: str) -> str:
                if requesting_user == "root" or requesting_user == "admin":
                    NOTES.clear()
                    return "gone"
                return "not allowed"
        """,
        "login that nobody asks for": """
            session = {"authenticated": False}
            @mcp.tool()
            def login(pin: str) -> str:
                if pin == os.environ["PIN"]:
                    session["authenticated"] = True
                return "ok"
            @mcp.tool()
            def open_door() -> str:
                '''Opens the door. Must be authenticated first.'''
                return "open"
        """,
    },
    "javascript": {
        "orders of any customer": """
            const CURRENT_CUSTOMER = process.env.CUSTOMER_ID;
            const orders = new Map([["c1", ["book"]], ["c2", ["medicine"]]]);
            server.registerTool("orders", { description: "Orders of a customer.", inputSchema: { customerId: z.string() } },
              async ({ customerId }) => ({ content: [{ type: "text", text: JSON.stringify(orders.get(customerId)) }] }));
            server.registerTool("me", { description: "Who." }, async () => ({ content: [{ type: "text", text: CURRENT_CUSTOMER }] }));
        """,
        "the token says who, the list is filtered by somebody else": """
            const documents = [{ id: 1, owner: "ada", body: "a" }, { id: 2, owner: "bob", body: "b" }];
            server.registerTool("mine", { description: "Mine." }, async (args, extra) => {
              const mine = documents.filter((d) => d.owner === extra.authInfo.clientId);
              return { content: [{ type: "text", text: JSON.stringify(mine) }] };
            });
            server.registerTool("open", { description: "Opens one.", inputSchema: { document_id: z.number() } }, async ({ document_id }) => {
              const found = documents.find((d) => d.id === document_id);
              return { content: [{ type: "text", text: found ? found.body : "none" }] };
            });
        """,
        "dispatcher with a switch": """
            const sessionTenant = "acme";
            const USAGE = { acme: { calls: 3 }, globex: { calls: 9 } };
            const low = new Server({ name: "u", version: "1" }, { capabilities: { tools: {} } });
            low.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [
              { name: "usage", description: "Usage.", inputSchema: { type: "object", properties: { tenant: { type: "string" } } } },
              { name: "tenant", description: "Mine.", inputSchema: { type: "object", properties: {} } } ] }));
            low.setRequestHandler(CallToolRequestSchema, async (request) => {
              const { name, arguments: args } = request.params;
              switch (name) {
                case "usage":
                  return { content: [{ type: "text", text: String(USAGE[args.tenant].calls) }] };
                case "tenant":
                  return { content: [{ type: "text", text: sessionTenant }] };
              }
            });
            await low.connect(new StdioServerTransport());
        """,
        "role in a list of powerful ones": """
            const ALLOWED = ["admin", "owner"];
            server.tool("wipe", "Wipes everything.", { role: z.string() }, async ({ role }) => {
              if (!ALLOWED.includes(role)) {
                return { content: [{ type: "text", text: "forbidden" }], isError: true };
              }
              return { content: [{ type: "text", text: "wiped" }] };
            });
        """,
        "choice by a stated role": """
            const full = "everything";
            server.registerTool("report", { description: "Report.", inputSchema: { callerRole: z.string() } }, async ({ callerRole }) => ({
              content: [{ type: "text", text: callerRole === "manager" ? full : "summary" }],
            }));
        """,
        "login that nobody asks for": """
            let loggedInUser = null;
            server.registerTool("login", { description: "Logs in.", inputSchema: { code: z.string() } }, async ({ code }) => {
              if (code === process.env.CODE) loggedInUser = "boss";
              return { content: [{ type: "text", text: "hello" }] };
            });
            server.registerTool("export_all", { description: "Exports all rows. Requires login." }, async () => {
              return { content: [{ type: "text", text: "rows" }] };
            });
        """,
    },
}
OTHERS = {
    "helper class in another module": {
        "store": """
            class Records:
                def __init__(self):
                    self.charts = {"p-17": "flu", "p-18": "measles"}
                def chart_of(self, patient_id):
                    return self.charts.get(patient_id, "none")
        """
    }
}
SOUND = {
    "python": {
        "compared before the look-up": """
            CURRENT_EMPLOYEE = os.environ["EMPLOYEE_ID"]
            MAILBOXES = {"e1": ["hi"], "e2": ["salary"]}
            @mcp.tool()
            def read_mailbox(employee_id: str) -> list[str]:
                if employee_id != CURRENT_EMPLOYEE:
                    raise PermissionError("only your own")
                return MAILBOXES[employee_id]
        """,
        "looked up by the session": """
            SESSION_ACCOUNT = "a1"
            BALANCES = {"a1": 1, "a2": 2}
            @mcp.tool()
            def balance(account: str = "") -> int:
                return BALANCES[SESSION_ACCOUNT]
        """,
        "owner compared after the look-up": """
            SESSION = {"user": "mia"}
            INVOICES = {"1": {"owner": "mia"}, "2": {"owner": "tom"}}
            @mcp.tool()
            def show_invoice(invoice_id: str) -> str:
                invoice = INVOICES.get(invoice_id)
                if invoice is None or invoice["owner"] != SESSION["user"]:
                    return "unknown"
                return json.dumps(invoice)
        """,
        "check in a helper": """
            CALLER = os.environ["CALLER"]
            TEAMS = {"red": [1], "blue": [2]}
            def require_member(team_id):
                if team_id not in memberships(CALLER):
                    raise PermissionError
            def memberships(who):
                return {"red"}
            @mcp.tool()
            def team(team_id: str) -> str:
                require_member(team_id)
                return json.dumps(TEAMS[team_id])
        """,
        "decorator": """
            CURRENT_ROLE = "viewer"
            STAFF = {"a": 1, "b": 2}
            def require_role(role):
                def wrap(f):
                    return f
                return wrap
            @mcp.tool()
            @require_role("admin")
            def salary(employee: str) -> int:
                return STAFF[employee]
        """,
        "query bound to the caller": """
            import sqlite3
            db = sqlite3.connect("x.db")
            current_user = os.environ["APP_USER"]
            @mcp.tool()
            def order(customer_order: str, user_id: str) -> str:
                return str(db.execute("SELECT * FROM orders WHERE id = ? AND user_id = ?", (customer_order, current_user)).fetchone())
        """,
        "address book of one person": """
            CONTACTS = {"ann": "1", "ben": "2"}
            @mcp.tool()
            def phone_of(person: str) -> str:
                return CONTACTS.get(person, "unknown")
        """,
        "search filter for an upstream": """
            import httpx
            CURRENT_USER = os.environ["JIRA_USER"]
            @mcp.tool()
            def issues(assignee: str, account: str) -> str:
                return httpx.get("https://jira.example.org/search", params={"q": assignee, "a": account}, timeout=5).text
        """,
        "role of somebody else is data": """
            USERS = {}
            @mcp.tool()
            def create_user(name: str, role: str) -> str:
                if role == "admin":
                    return "admins are made by hand"
                USERS[name] = {"name": name, "role": role}
                return "made"
        """,
        "roles are only validated": """
            @mcp.tool()
            def describe(role: str) -> str:
                if role not in ("admin", "member", "viewer"):
                    raise ValueError("unknown role")
                return f"a {role}"
        """,
        "chat roles": """
            @mcp.tool()
            def say(role: str, text: str) -> str:
                if role == "assistant":
                    return "A: " + text
                return "U: " + text
        """,
        "login is asked for": """
            session = {"authenticated": False}
            @mcp.tool()
            def login(pin: str) -> str:
                if pin == os.environ["PIN"]:
                    session["authenticated"] = True
                return "ok"
            @mcp.tool()
            def open_door() -> str:
                '''Opens the door. Must be authenticated first.'''
                if not session["authenticated"]:
                    raise PermissionError
                return "open"
        """,
        "password is what proves it": """
            @mcp.tool()
            def sign_in(username: str, password: str) -> str:
                if username == "admin" and password == os.environ["ADMIN_PASSWORD"]:
                    return "welcome"
                return "no"
        """,
    },
    "javascript": {
        "compared before the look-up": """
            const CURRENT_CUSTOMER = process.env.CUSTOMER_ID;
            const orders = new Map([["c1", ["book"]], ["c2", ["medicine"]]]);
            server.registerTool("orders", { description: "Orders.", inputSchema: { customerId: z.string() } }, async ({ customerId }) => {
              if (customerId !== CURRENT_CUSTOMER) throw new Error("forbidden");
              return { content: [{ type: "text", text: JSON.stringify(orders.get(customerId)) }] };
            });
        """,
        "owner is part of the search": """
            const documents = [{ id: 1, owner: "ada" }, { id: 2, owner: "bob" }];
            server.registerTool("open", { description: "Opens.", inputSchema: { document_id: z.number() } }, async ({ document_id }, extra) => {
              const me = extra.authInfo.clientId;
              const found = documents.find((d) => d.id === document_id && d.owner === me);
              return { content: [{ type: "text", text: JSON.stringify(found) }] };
            });
        """,
        "way through the caller's own part": """
            const currentUser = process.env.APP_USER;
            const notes = { ada: { a: 1 }, bob: { b: 2 } };
            server.registerTool("note", { description: "A note.", inputSchema: { profile: z.string() } }, async ({ profile }) => ({
              content: [{ type: "text", text: String(notes[currentUser][profile]) }],
            }));
        """,
        "allowed accounts of the session": """
            const session = { accounts: ["a"] };
            const LEDGER = { a: 1, b: 2 };
            server.registerTool("ledger", { description: "Ledger.", inputSchema: { account: z.string() } }, async ({ account }, ctx) => {
              if (!ctx.session.user.accounts.includes(account)) return { content: [], isError: true };
              return { content: [{ type: "text", text: String(LEDGER[account]) }] };
            });
        """,
        "role of the session": """
            const sessionRole = process.env.APP_ROLE;
            server.tool("wipe", "Wipes.", { role: z.string() }, async ({ role }) => {
              if (sessionRole !== "admin") return { content: [], isError: true };
              return { content: [{ type: "text", text: "wiped" }] };
            });
        """,
        "team directory without callers": """
            const PEOPLE = { ann: { phone: 1 }, ben: { phone: 2 } };
            server.tool("phone", "Phone of a person.", { person: z.string() }, async ({ person }) => ({
              content: [{ type: "text", text: String(PEOPLE[person]?.phone) }],
            }));
        """,
        "session ids are the key of the session": """
            const sessions = new Map();
            const currentUser = "x";
            server.tool("resume", "Resumes.", { client: z.string() }, async ({ client }) => ({
              content: [{ type: "text", text: String(sessions.get(client)) }],
            }));
        """,
    },
}
W = Weakness.MISSING_AUTHZ


def rows(table: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [(language, label) for language, cases in table.items() for label in cases]


@pytest.mark.parametrize(("language", "label"), rows(FLAWED))
def test_a_caller_that_is_believed_is_found(language: str, label: str) -> None:
    hits = found(language, FLAWED[language][label], W, **OTHERS.get(label, {}))
    assert len(hits) == 1, hits
    assert hits[0].severity in (Severity.HIGH, Severity.MEDIUM)
    assert hits[0].steps


@pytest.mark.parametrize(("language", "label"), rows(SOUND))
def test_a_server_that_asks_its_session_or_has_no_callers_is_not_accused(language: str, label: str) -> None:
    assert not found(language, SOUND[language][label], W)

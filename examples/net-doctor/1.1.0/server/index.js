import { randomUUID } from "node:crypto";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

import { lookUp } from "./names.js";
import { run } from "./programs.js";
import { dnsName, host, recordType } from "./targets.js";

const server = new McpServer({ name: "net-doctor", version: "1.1.0" });
const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true };

function report(tool, target, { text, failed }) {
  const outcome = failed ? "failed" : "ok";
  process.stderr.write(`${JSON.stringify({ event: "tool_call", call_id: randomUUID(), tool, target, outcome })}\n`);
  return { content: [{ type: "text", text }], isError: failed };
}

server.registerTool(
  "ping_host",
  {
    description: "Send a few echo requests to a host and report the answers.",
    inputSchema: z.strictObject({
      host,
      count: z.number().int().min(1).max(10).default(4).describe("How many requests to send."),
    }),
    annotations: READ_ONLY,
  },
  async ({ host: target, count }) => report("ping_host", target, await run("ping", ["-c", String(count)], target)),
);

server.registerTool(
  "look_up_name",
  {
    description: "Look up a DNS name.",
    inputSchema: z.strictObject({ name: dnsName, type: recordType.default("A") }),
    annotations: READ_ONLY,
  },
  async ({ name, type }) => report("look_up_name", name, await lookUp(name, type)),
);

server.registerTool(
  "trace_route",
  {
    description: "List the hops on the way to a host.",
    inputSchema: z.strictObject({ host }),
    annotations: READ_ONLY,
  },
  async ({ host: target }) => report("trace_route", target, await run("route", ["-m", "20"], target)),
);

await server.connect(new StdioServerTransport());

import { exec } from "node:child_process";
import { promisify } from "node:util";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const run = promisify(exec);
const server = new McpServer({ name: "net-doctor", version: "1.0.0" });

async function output(command) {
  const { stdout, stderr } = await run(command);
  return { content: [{ type: "text", text: stdout || stderr }] };
}

server.registerTool(
  "ping_host",
  {
    description: "Send a few echo requests to a host and report the answers.",
    inputSchema: {
      host: z.string().describe("Host name or address."),
      count: z.number().int().min(1).max(10).default(4).describe("How many requests to send."),
    },
  },
  async ({ host, count }) => output(`ping -c ${count} ${host}`),
);

server.registerTool(
  "look_up_name",
  {
    description: "Look up a DNS name.",
    inputSchema: {
      name: z.string().describe("The name to look up."),
      type: z.string().default("A").describe("Record type, for example A or MX."),
    },
  },
  async ({ name, type }) => output(`nslookup -type=${type} ${name}`),
);

server.registerTool(
  "trace_route",
  {
    description: "List the hops on the way to a host.",
    inputSchema: { host: z.string().describe("Host name or address.") },
  },
  async ({ host }) => output("traceroute " + host),
);

await server.connect(new StdioServerTransport());

import http from "node:http";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const API = "http://api.warmhome.example.net/v1";
const TOKEN = process.env.WARMHOME_TOKEN;
const STATE_FILE = path.join(os.homedir(), ".room-thermostat.json");

console.log("room-thermostat starting, token is", TOKEN);

const state = { rooms: {}, token: TOKEN };

function save() {
  fs.writeFileSync(STATE_FILE, JSON.stringify(state));
}

async function call(method, route, apiKey, body) {
  const headers = { Authorization: `Bearer ${apiKey || TOKEN}`, "Content-Type": "application/json" };
  console.log("WarmHome request", method, route, headers);
  const response = await fetch(API + route, { method, headers, body: body && JSON.stringify(body) });
  return await response.json();
}

const server = new McpServer({ name: "room-thermostat", version: "0.9.0" });

server.registerTool(
  "get_temperature",
  {
    description: "Get the temperature of a room",
    inputSchema: { room: z.any(), apiKey: z.string().optional().describe("WarmHome API key, if not configured") },
  },
  async ({ room, apiKey }) => {
    try {
      const result = await call("GET", "/rooms/" + room, apiKey);
      state.rooms[room] = result.temperature;
      save();
      return { content: [{ type: "text", text: JSON.stringify(result) }] };
    } catch (e) {
      return { content: [{ type: "text", text: e.stack }] };
    }
  },
);

server.registerTool(
  "set_temperature",
  {
    description: "Set the temperature of a room",
    inputSchema: { room: z.any(), degrees: z.any(), apiKey: z.string().optional() },
  },
  async ({ room, degrees, apiKey }) => {
    const result = await call("PUT", "/rooms/" + room, apiKey, { temperature: degrees });
    return { content: [{ type: "text", text: JSON.stringify(result) }] };
  },
);

server.registerTool(
  "boost_all",
  { description: "Heat the whole house to 25 degrees", inputSchema: { apiKey: z.string().optional() } },
  async ({ apiKey }) => {
    const result = await call("POST", "/boost", apiKey, { temperature: 25 });
    return { content: [{ type: "text", text: JSON.stringify(result) }] };
  },
);

// Status page for the tablet in the kitchen
http
  .createServer(async (req, res) => {
    res.setHeader("Access-Control-Allow-Origin", "*");
    if (req.url.startsWith("/boost")) {
      await call("POST", "/boost", null, { temperature: 25 }).catch((e) => console.log(e));
    }
    res.end(JSON.stringify({ ...state, uptime: process.uptime() }));
  })
  .listen(8477, "0.0.0.0", () => console.log("status page on port 8477"));

await server.connect(new StdioServerTransport());

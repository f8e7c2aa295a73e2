import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

import { audited } from "./audit.js";
import { instantOf, isKnownZone, localTime, overlap } from "./zones.js";

const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const zone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*$/, "an IANA time zone such as Europe/Madrid")
  .refine(isKnownZone, "not a time zone this runtime knows")
  .describe("IANA time zone, for example Europe/Madrid.");
const localDateTime = z
  .string()
  .regex(/^20\d{2}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d$/)
  .describe("Local date and time without offset, for example 2026-03-29T09:30.");
const date = z.iso.date().describe("Day in UTC, for example 2026-03-29.");
const hour = z.number().int().min(0).max(24);

const server = new McpServer({ name: "meeting-clock", version: "2.0.1" });

function answer(value) {
  return { content: [{ type: "text", text: JSON.stringify(value) }], structuredContent: value };
}

function refusal(text) {
  return { content: [{ type: "text", text }], isError: true };
}

server.registerTool(
  "convert_time",
  {
    title: "Convert time",
    description: "Say what a local date and time in one time zone is in other time zones.",
    inputSchema: z.strictObject({ local: localDateTime, from: zone, to: z.array(zone).min(1).max(12) }),
    outputSchema: z.object({ utc: z.string(), times: z.array(z.object({ zone: z.string(), local: z.string() })) }),
    annotations: READ_ONLY,
  },
  audited("convert_time", async ({ local, from, to }) => {
    const instant = instantOf(local, from);
    if (instant === null) return refusal(`${local} does not exist in ${from}: check the date, or daylight saving skips it`);
    return answer({
      utc: new Date(instant).toISOString(),
      times: to.map((name) => ({ zone: name, local: localTime(instant, name) })),
    });
  }),
);

server.registerTool(
  "find_overlap",
  {
    title: "Find overlap",
    description: "Find the hours of one day that fall into everyone's working hours.",
    inputSchema: z.strictObject({
      date,
      people: z
        .array(z.strictObject({ zone, from: hour.default(9), to: hour.default(17) }))
        .min(2)
        .max(12)
        .describe("One entry per person: time zone and working hours on the local 24-hour clock."),
    }),
    outputSchema: z.object({ hours: z.array(z.object({ utc: z.string(), local: z.array(z.string()) })) }),
    annotations: READ_ONLY,
  },
  audited("find_overlap", async ({ date: day, people }) =>
    answer({
      hours: overlap(day, people).map((instant) => ({
        utc: new Date(instant).toISOString(),
        local: people.map((person) => localTime(instant, person.zone)),
      })),
    }),
  ),
);

await server.connect(new StdioServerTransport());

// One JSON line on standard error per tool call. Standard output carries the protocol and nothing else.

import { randomUUID } from "node:crypto";

/** Wrap a tool handler so that its name, outcome and duration are logged; argument values are not. */
export function audited(tool, handler) {
  return async (input, extra) => {
    const started = performance.now();
    let outcome = "error";
    try {
      const result = await handler(input, extra);
      outcome = result.isError ? "refused" : "ok";
      return result;
    } finally {
      const line = {
        event: "tool_call",
        call_id: randomUUID(),
        tool,
        arguments: Object.keys(input).sort(),
        outcome,
        milliseconds: Math.round(performance.now() - started),
      };
      process.stderr.write(`${JSON.stringify(line)}\n`);
    }
  };
}

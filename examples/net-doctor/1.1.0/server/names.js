// DNS questions, asked with the runtime's own resolver instead of a program.

import { Resolver } from "node:dns/promises";

/** The records of one name and type, as text. */
export async function lookUp(name, type) {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  try {
    return { text: JSON.stringify(await resolver.resolve(name, type), null, 2), failed: false };
  } catch (error) {
    return { text: `no answer for ${name} ${type}: ${error.code ?? "unknown error"}`, failed: true };
  }
}

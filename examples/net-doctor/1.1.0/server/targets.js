// What counts as a host: a DNS name or an IP address, and nothing that a program could take for an option.

import { isIP } from "node:net";

import { z } from "zod";

const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;

/** True for a name of at most 253 characters whose labels start and end with a letter, digit or underscore. */
export function isName(text) {
  return text.length <= 253 && text.replace(/\.$/, "").split(".").every((label) => LABEL.test(label));
}

export const dnsName = z.string().min(1).max(253).refine(isName, "not a DNS name").describe("The name to look up.");
export const host = z
  .string()
  .min(1)
  .max(253)
  .refine((text) => isIP(text) !== 0 || isName(text), "not a host name or address")
  .describe("Host name or address.");
export const recordType = z.enum(["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]).describe("Record type.");

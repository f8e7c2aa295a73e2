// Starts one of two programs, without a shell, with limits on time and output.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);
const PROGRAMS = Object.freeze({ ping: "ping", route: "traceroute" });
const LIMITS = { timeout: 60_000, maxBuffer: 64 * 1024, windowsHide: true, shell: false };

/**
 * Run an allowed program and give its text.
 *
 * `options` are fixed by the caller; `target` comes from a tool and is passed as one argument after `--`, so that it can
 * neither be split by a shell nor be read as an option.
 */
export async function run(program, options, target) {
  if (!Object.hasOwn(PROGRAMS, program)) throw new Error(`program ${program} is not allowed`);
  try {
    const { stdout } = await execFileAsync(PROGRAMS[program], [...options, "--", target], LIMITS);
    return { text: stdout, failed: false };
  } catch (error) {
    if (error.killed) return { text: "the program took too long and was stopped", failed: true };
    if (error.code === "ENOENT") return { text: `${PROGRAMS[program]} is not installed`, failed: true };
    return { text: error.stdout || `${PROGRAMS[program]} reported a failure`, failed: true };
  }
}

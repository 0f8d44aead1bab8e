import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Machine, run } from "./machine.ts";

export interface Load {
  connections: number;
  seconds: number;
  /** Sent with every request; GET without one. */
  post?: { headers: Record<string, string>; body: string };
}

export interface LoadResult {
  requestsPerSecond: number;
  /** Milliseconds. */
  p99: number;
}

let scripts = 0;

/** Puts a closed-loop load on an address. Throws when anything but a 2xx or 3xx came back. */
export async function wrk(machine: Machine, url: string, { connections, seconds, post }: Load): Promise<LoadResult> {
  const script = join(machine.directory, `wrk-${scripts++}.lua`);
  writeFileSync(script, luaScript(post));
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "20s", "-s", script, url];
  const { stdout } = await run("wrk", args);
  const [requests = 0, microseconds = 0, errors = 0, p99 = 0] = (/^RESULT (.*)$/m.exec(stdout)?.[1] ?? "")
    .split(" ")
    .map(Number);
  if (errors > 0 || requests === 0) throw new Error(`${url} gave ${errors} errors in ${requests} requests:\n${stdout}`);
  return { requestsPerSecond: requests / (microseconds / 1e6), p99: p99 / 1000 };
}

function luaScript(post: Load["post"]): string {
  const request = post
    ? [
        'wrk.method = "POST"',
        `wrk.body = [==[${post.body}]==]`,
        ...Object.entries(post.headers).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`),
      ]
    : [];
  return `${request.join("\n")}
function done(summary, latency)
  local e = summary.errors
  print(string.format("RESULT %d %d %d %d", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(99)))
end
`;
}

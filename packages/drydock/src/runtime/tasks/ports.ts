import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the ranges that Linux (32768–60999) and macOS (49152–65535) take for outgoing connections, so that no
// connection of the load balancer can sit on a task's port between its choice here and the task's listen.
const first = 20_000;
const last = 31_999;
const attempts = 200;

/** A loopback port nobody listens on and that isn't among `taken`. Throws when none is found. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(first, last + 1);
    if (!taken.has(port) && (await canListen(port))) return port;
  }
  throw new Error(`no free port found between ${first} and ${last} on 127.0.0.1`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

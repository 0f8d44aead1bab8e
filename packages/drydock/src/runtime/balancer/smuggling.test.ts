import fc from "fast-check";
import { expect, test } from "vitest";
import {
  everythingToWeb,
  RawClient,
  startBalancer,
  startRawTarget,
  startTarget,
  type TestBalancer,
} from "./testing.ts";

let balancer: TestBalancer;
/** Paths the target was asked for. */
let asked: (string | undefined)[];
async function start(idleTimeout = 60_000): Promise<void> {
  asked = [];
  // What the load balancer itself takes for a request to /hidden never reaches the target.
  balancer = await startBalancer(
    [
      {
        Priority: "1",
        Conditions: [{ Field: "path-pattern", Values: ["/hidden*"] }],
        Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } }],
      },
      everythingToWeb,
    ],
    { idleTimeout },
  );
  const target = await startTarget((request, response) => {
    asked.push(request.url);
    request.resume().on("end", () => response.end("ok"));
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
}

const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
/** Sends and waits until the load balancer has closed the connection: what follows the request asks it to. */
const send = (text: string) => new RawClient(balancer.port).send(`${text}GET /last HTTP/1.0\r\n\r\n`).readAll();

test("a length that the client has dropped is kept: else its body were a request", async () => {
  await start();
  const lines = [
    "POST / HTTP/1.1",
    "Host: a",
    "Connection: keep-alive, Content-Length",
    `Content-Length: ${hidden.length}`,
  ];
  expect(await send(`${lines.join("\r\n")}\r\n\r\n${hidden}`)).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(asked).toEqual(["/", "/last"]);
});

test("a length said twice is said once to the target, and one beside chunks not at all to the client", async () => {
  await start();
  const length = `Content-Length: ${hidden.length}\r\n`;
  expect(await send(`POST / HTTP/1.1\r\nHost: a\r\n${length}${length}\r\n${hidden}`)).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(asked).toEqual(["/", "/last"]);
  const port = await startRawTarget((socket) =>
    socket.once("data", () =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
    ),
  );
  balancer.group("other").set("127.0.0.1", port, "healthy");
  balancer.setRules([{ ...everythingToWeb, Actions: [{ Type: "forward", TargetGroupArn: "other" }] }]);
  const answer = await new RawClient(balancer.port).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").read(/\r\n0\r\n\r\n$/);
  expect(answer).toMatch(/Transfer-Encoding: chunked/);
  expect(answer).not.toMatch(/Content-Length/i);
});

test("no request reaches a target that the load balancer didn't see as one", async () => {
  // Soon enough for the many requests that are never complete: they are answered 408.
  await start(40);
  const space = fc.constantFrom("", " ", "\t", "  ", "\x0b", "\xa0", "\0", "\r");
  const length = fc.oneof(
    fc.constantFrom(0, hidden.length, hidden.length + 5, 1).map(String),
    fc.constantFrom("+5", "0x5", "5, 5", "5;", "", "-0", "1e1", "٣"),
  );
  const coding = fc.constantFrom(
    "chunked",
    "identity",
    "CHUNKED",
    "chunked, identity",
    "identity, chunked",
    "x",
    "chunked;q=1",
    '"chunked"',
  );
  const connection = fc.constantFrom("close", "Content-Length", "Transfer-Encoding", "Host, Content-Length", "upgrade");
  const line = fc
    .oneof(
      fc.tuple(fc.constantFrom("Content-Length", "content-length", "Content_Length"), space, space, length, space),
      fc.tuple(
        fc.constantFrom("Transfer-Encoding", "transfer-encoding", "Transfer_Encoding"),
        space,
        space,
        coding,
        space,
      ),
      fc.tuple(fc.constantFrom("Connection", "connection"), fc.constant(""), space, connection, fc.constant("")),
      fc.tuple(
        fc.constantFrom("Upgrade", "Expect", "X"),
        fc.constant(""),
        space,
        fc.constantFrom("h2c", "100-continue", "a"),
        space,
      ),
    )
    .map(([name, before, after, value, end]) => `${name}${before}:${after}${value}${end}`);
  const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
  const body = fc.constantFrom(hidden, chunk, `0\r\n\r\n${hidden}`, `5;a=${hidden}`, `0\r\nX: y\r\n\r\n${hidden}`, "");
  const request = fc.record({
    method: fc.constantFrom("GET", "POST", "HEAD", "OPTIONS"),
    version: fc.constantFrom("1.1", "1.1", "1.1", "1.0"),
    lines: fc.array(line, { maxLength: 4 }),
    ending: fc.constantFrom("\r\n", "\r\n", "\r\n", "\n"),
    body,
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, version, lines, ending, body }) => {
      const client = new RawClient(balancer.port);
      client.send(
        `${method} / HTTP/${version}\r\nHost: a\r\n${lines.map((text) => text + ending).join("")}\r\n${body}`,
      );
      expect(await client.read(/^HTTP\/1\.1 \d{3} /)).not.toMatch(/\n\s+at /);
      client.socket.destroy();
      expect(asked).not.toContain("/hidden");
    }),
    { numRuns: 150 },
  );
}, 60_000);

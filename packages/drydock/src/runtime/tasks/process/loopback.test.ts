import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loopbackNodeOptions } from "./loopback.ts";

const directory = () => {
  const made = mkdtempSync(join(tmpdir(), 'with space and "quote" '));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

/** Where a server of a Node with these options ends up listening. */
function address(listen: string, options: string): string {
  const program = `const server = require("node:http").createServer();
    server.listen(${listen}, () => { console.log(server.address().address); server.close(); });`;
  return execFileSync(process.execPath, ["-e", program], {
    env: { ...process.env, NODE_OPTIONS: options },
    encoding: "utf8",
  }).trim();
}

test.each(["0", '"0"', '0, "0.0.0.0"', '0, "::"', "0, undefined", "{ port: 0 }", '{ port: 0, host: "0.0.0.0" }'])(
  "listen(%s) is on loopback",
  (listen) => {
    expect(address(listen, "")).not.toBe("127.0.0.1");
    expect(address(listen, loopbackNodeOptions(directory(), undefined))).toBe("127.0.0.1");
  },
);

test("an address that somebody chose stays", () => {
  expect(address('0, "127.0.0.2"', loopbackNodeOptions(directory(), undefined))).toBe("127.0.0.2");
});

test("an option that was given stays", () => {
  const options = loopbackNodeOptions(directory(), "--stack-trace-limit=7");
  const limit = execFileSync(process.execPath, ["-p", "Error.stackTraceLimit"], {
    env: { ...process.env, NODE_OPTIONS: options },
    encoding: "utf8",
  });
  expect(limit).toBe("7\n");
});

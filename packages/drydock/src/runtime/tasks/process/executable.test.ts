import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./driver.fixture.ts";
import { executionObstacle, inspectExecutable } from "./executable.ts";

function fileOf(content: string | Buffer): string {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, content, { mode: 0o755 });
  return file;
}

/** A 64-bit ELF header with one program header: the path of its loader. */
function elf(machine: number, loader: string): Buffer {
  const bytes = Buffer.alloc(256);
  bytes.write("\x7fELF\x02\x01\x01", "latin1");
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(64n, 32); // where the program headers begin
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(3, 64); // PT_INTERP
  bytes.writeBigUInt64LE(160n, 64 + 8);
  bytes.writeBigUInt64LE(BigInt(loader.length + 1), 64 + 32);
  bytes.write(loader, 160);
  return bytes;
}

test("the head of a file tells what it is", () => {
  expect(inspectExecutable(fileOf("#!/usr/bin/env  node \nx"))).toEqual({
    format: "script",
    interpreter: "/usr/bin/env",
    argument: "node",
  });
  expect(inspectExecutable(fileOf("#! /bin/sh\n"))).toEqual({ format: "script", interpreter: "/bin/sh" });
  expect(inspectExecutable(fileOf(elf(62, "/lib/ld-musl-x86_64.so.1")))).toEqual({
    format: "elf",
    machine: 62,
    loader: "/lib/ld-musl-x86_64.so.1",
  });
  expect(inspectExecutable(fileOf(""))).toEqual({ format: "other" });
});

test("what runs this test runs here", () => {
  expect(executionObstacle(inspectExecutable(process.execPath))).toBeUndefined();
  expect(executionObstacle({ format: "script", interpreter: "/absent" })).toBeUndefined();
});

test("a binary of another machine or C library doesn't", () => {
  expect(executionObstacle({ format: "elf", machine: 243 })).toBe("exec format error");
  const own = process.arch === "arm64" ? 183 : 62;
  const elsewhere = process.platform === "linux" ? "no such file or directory" : "exec format error";
  expect(executionObstacle({ format: "elf", machine: own, loader: "/lib/ld-absent.so.1" })).toBe(elsewhere);
});

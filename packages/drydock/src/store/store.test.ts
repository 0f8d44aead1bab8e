import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { deserialize, serialize } from "./json.ts";
import { Store } from "./store.ts";
import { Vault } from "./vault.ts";

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "drydock-store-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test("documents are put, listed by prefix in key order, and deleted", () => {
  const store = new Store();
  const things = store.collection<{ n: number }>("test.things");
  for (const key of ["b/2", "a/1", "b/1"]) things.put(key, { n: Number(key.slice(2)) });
  store.collection("test.others").put("b/9", { n: 9 });
  expect(things.entries("b/")).toEqual([
    ["b/1", { n: 1 }],
    ["b/2", { n: 2 }],
  ]);
  expect([things.delete("a/1"), things.delete("a/1"), things.get("a/1")]).toEqual([true, false, undefined]);
  expect(things.list()).toHaveLength(2);
});

test("a transaction is kept whole or not at all, also a nested one", () => {
  const store = new Store();
  const things = store.collection<number>("test.things");
  expect(() =>
    store.transaction(() => {
      things.put("outer", 1);
      store.transaction(() => things.put("inner", 2));
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(things.list()).toEqual([]);
  store.transaction(() => things.put("kept", 3));
  expect(things.list()).toEqual([3]);
});

test("a sequence gives no number twice, also after a restart", () => {
  const directory = temporaryDirectory();
  const first = new Store(directory);
  expect([first.next("s"), first.next("s"), first.next("other")]).toEqual([1, 2, 1]);
  first.close();
  const second = new Store(directory);
  expect(second.next("s")).toBe(3);
  second.close();
});

test("what was put before kill -9 is there afterwards", async () => {
  const directory = temporaryDirectory();
  const script = `
    import { Store } from ${JSON.stringify(new URL("store.ts", import.meta.url).href)};
    const things = new Store(${JSON.stringify(directory)}).collection("test.things");
    for (let n = 1; ; n++) {
      things.put(String(n), n);
      await new Promise((resolve) => process.stdout.write(n + "\\n", resolve));
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  let acknowledged = "";
  for await (const chunk of child.stdout) {
    acknowledged += chunk;
    if (acknowledged.length > 5000 && !child.killed) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  const numbers = acknowledged.trim().split("\n").slice(0, -1).map(Number);
  const store = new Store(directory);
  const kept = new Set(store.collection<number>("test.things").list());
  expect(numbers.length).toBeGreaterThan(100);
  expect(numbers.filter((n) => !kept.has(n))).toEqual([]);
  store.close();
});

test("dates and bytes come back as they went in", () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.date({ noInvalidDate: true }),
      fc.uint8Array(),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie("any"), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).any;
  fc.assert(
    fc.property(value, (given) => {
      expect(deserialize(serialize(given))).toEqual(given);
    }),
  );
});

test("what the vault seals is opened only with its key, and not when altered", () => {
  const directory = temporaryDirectory();
  const vault = new Vault(directory);
  const sealed = vault.seal("hunter2");
  expect(Buffer.from(sealed).toString("latin1")).not.toContain("hunter2");
  expect(new Vault(directory).unseal(sealed).toString()).toBe("hunter2");
  expect(() => new Vault(temporaryDirectory()).unseal(sealed)).toThrow();
  expect(() => vault.unseal(sealed.with(-1, (sealed.at(-1) ?? 0) ^ 1))).toThrow();
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { lockDirectory } from "./instance-lock.ts";
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

test("state from before there was a version is taken over", () => {
  const directory = temporaryDirectory();
  const database = new DatabaseSync(join(directory, "region.sqlite"));
  database.exec(`
    CREATE TABLE documents (
      collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key)
    ) WITHOUT ROWID;
    INSERT INTO documents VALUES ('test.things', 'a', '1');
  `);
  database.close();
  const store = new Store(directory);
  onTestFinished(() => store.close());
  expect(store.collection<number>("test.things").entries()).toEqual([["a", 1]]);
  expect(store.database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
});

test("state of a later version is left alone", () => {
  const directory = temporaryDirectory();
  const path = join(directory, "region.sqlite");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 2");
  database.close();
  expect(() => new Store(directory)).toThrow(
    `the state in ${path} was written by a later fardel: its version is 2, and this one knows 1`,
  );
});

test("damaged state is said to be damaged", () => {
  const directory = temporaryDirectory();
  const path = join(directory, "region.sqlite");
  writeFileSync(path, "no database at all ".repeat(1000));
  expect(() => new Store(directory)).toThrow(
    `the state in ${path} can't be used: the database is damaged (file is not a database)`,
  );
});

test("a write that the disk has no room for leaves the transaction's others out as well", () => {
  const store = new Store();
  const things = store.collection<string>("test.things");
  const { page_count: pages } = store.database.prepare("PRAGMA page_count").get() ?? {};
  store.database.exec(`PRAGMA max_page_count = ${Number(pages) + 2}`);
  const write = () =>
    store.transaction(() => {
      things.put("small", "x");
      things.put("large", "x".repeat(100_000));
    });
  expect(write).toThrow("database or disk is full");
  expect(things.list()).toEqual([]);
  store.database.exec("PRAGMA max_page_count = 1000");
  write();
  expect(things.list()).toHaveLength(2);
});

test("a directory is one region's at a time", () => {
  const directory = temporaryDirectory();
  const unlock = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow(`another drydock is running on ${directory}`);
  unlock();
  lockDirectory(directory)();
});

test("a directory that isn't there can't be written", () => {
  const directory = join(temporaryDirectory(), "none");
  expect(() => lockDirectory(directory)).toThrow(
    `the state directory ${directory} can't be written: the database can't be opened`,
  );
});

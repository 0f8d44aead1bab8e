import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FardelError } from "../errors.ts";
import { loadManifest, resolveApp } from "./load.ts";

const yaml = "app: shop\nservices: { web: { image: 'nginx:1' } }\n";
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fardel-load-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function failure(work: () => Promise<unknown>): Promise<FardelError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof FardelError && error.exitCode === 2) return error;
    throw error;
  }
  throw new Error("nothing failed");
}
const loadFailure = (from = directory) => failure(() => loadManifest(from));
const write = (name: string, content: string | Uint8Array) => writeFileSync(join(directory, name), content);

describe("where the manifest is", () => {
  test("here, or in a parent", async () => {
    write("fardel.yaml", yaml);
    const deeper = join(directory, "a", "b");
    mkdirSync(deeper, { recursive: true });
    const source = await loadManifest(deeper);
    expect(source).toMatchObject({
      path: join(directory, "fardel.yaml"),
      file: { name: join("..", "..", "fardel.yaml") },
    });
    expect(resolveApp(source, "local").directory).toBe(directory);
  });

  test("nowhere", async () => {
    const error = await loadFailure();
    expect(error.message).toBe("no fardel.yaml here or in a parent (fardel.yaml or fardel.config.ts)");
    expect(error).toMatchObject({ code: "NoManifest", where: directory });
  });

  test("almost there", async () => {
    write("fardel.yml", yaml);
    expect((await loadFailure()).fix).toBe(`${join(directory, "fardel.yml")} isn't looked at: rename it.`);
  });

  test("there twice", async () => {
    write("fardel.yaml", yaml);
    write("fardel.config.ts", "export default {}");
    expect((await loadFailure()).message).toBe("fardel.yaml and fardel.config.ts stand side by side");
  });
});

describe("files that can't be read", () => {
  test("a directory", async () => {
    mkdirSync(join(directory, "fardel.yaml"));
    expect((await loadFailure()).message).toBe("fardel.yaml can't be read: it is a directory");
  });

  test.skipIf(process.getuid?.() === 0)("one without permission", async () => {
    write("fardel.yaml", yaml);
    chmodSync(join(directory, "fardel.yaml"), 0);
    expect((await loadFailure()).message).toBe("fardel.yaml can't be read: permission denied");
  });

  test("bytes that are no text", async () => {
    write("fardel.yaml", Uint8Array.of(0x61, 0xff, 0xfe));
    expect((await loadFailure()).message).toBe("fardel.yaml can't be read: it isn't UTF-8 text");
  });

  test("more than a manifest can be", async () => {
    write("fardel.yaml", "#".repeat(2 ** 20 + 1));
    expect((await loadFailure()).message).toBe("fardel.yaml can't be read: it is 1048577 bytes long");
  });
});

describe("a manifest in TypeScript", () => {
  test("is an object", async () => {
    write(
      "fardel.config.ts",
      'const app: string = "shop";\nexport default { app, services: { web: { image: "nginx:1" } } };',
    );
    expect(resolveApp(await loadManifest(directory), "local").services.web?.image).toEqual({
      kind: "registry",
      reference: "nginx:1",
    });
  });

  test("or a function of the environment, which then decides what environments there are", async () => {
    write(
      "fardel.config.ts",
      'export default (environment: string) => ({ app: "shop", region: "eu-west-1", services: { web: { image: "nginx:1", scale: environment === "production" ? 3 : undefined } } });',
    );
    const source = await loadManifest(directory);
    expect(resolveApp(source, "production").services.web?.scale.min).toBe(3);
    expect(resolveApp(source, "local").services.web?.scale.min).toBe(1);
    expect((await failure(async () => resolveApp(source, "Bad Name"))).code).toBe("UnknownEnvironment");
  });

  test("has its problems named by path", async () => {
    write("fardel.config.ts", 'export default { app: "shop", services: { web: { imag: "nginx:1", port: "80" } } };');
    expect((await loadFailure()).why).toMatchInlineSnapshot(`
      "fardel.config.ts  services.web.port
        expected a port from 1 to 65535, found "80"

      fardel.config.ts  services.web.imag
        unknown key "imag"; did you mean "image"?"
    `);
  });

  test.each([
    ["nothing exported", "export const app = 1;", "fardel.config.ts has no default export"],
    ["a failure", "throw new Error('no such luck\\nat all');", "fardel.config.ts failed: no such luck"],
    ["a failure that is no error", "throw 'luck';", "fardel.config.ts failed: luck"],
    ["a missing import", "import './nothing.ts'; export default {};", "fardel.config.ts failed: Cannot find"],
    ["a function in it", "export default { app: () => 'x' };", "fardel.config.ts has a problem"],
    [
      "itself in it",
      "const x: any = { app: 'a' }; x.services = x; export default x;",
      "fardel.config.ts has a problem",
    ],
    ["a list", "export default [];", "fardel.config.ts has a problem"],
  ])("%s", async (_, code, message) => {
    write("fardel.config.ts", code);
    expect((await loadFailure()).message).toContain(message);
  });

  test("a function that fails or promises", async () => {
    write(
      "fardel.config.ts",
      "export default (name: string) => { if (name === 'local') throw new Error('never'); return Promise.resolve({}); };",
    );
    const source = await loadManifest(directory);
    expect(await failure(async () => resolveApp(source, "local"))).toMatchObject({
      message: "fardel.config.ts failed: never",
      where: "fardel.config.ts:1",
    });
    expect((await failure(async () => resolveApp(source, "staging"))).why).toContain(
      "found a promise (await it before exporting)",
    );
  });
});

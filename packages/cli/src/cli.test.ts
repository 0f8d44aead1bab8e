// The real command line, as a process: what it prints where, and what it ends with.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const launcher = join(import.meta.dirname, "..", "bin", "fardel.js");
const manifest = `
app: shop
region: eu-west-1
services: { web: { image: "nginx:1.29" } }
environments: { production: {} }
`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "fardel-cli-"));
  writeFileSync(join(directory, "fardel.yaml"), manifest);
  mkdirSync(join(directory, "broken"));
  writeFileSync(join(directory, "broken", "fardel.yaml"), manifest.replace("image:", "imgae:"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs fardel with a state directory of its own; nothing here starts drydock. */
function fardel(
  args: string[],
  options: { node?: string[]; variables?: NodeJS.ProcessEnv; unread?: true } = {},
): Promise<Ended> {
  const { AWS_ENDPOINT_URL: _, CI: __, FORCE_COLOR: ___, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: "1", XDG_STATE_HOME: directory, FARDEL_LOCAL_STATE: "", ...options.variables };
  const child = spawn(process.execPath, [...(options.node ?? []), launcher, ...args], { cwd: directory, env });
  let stdout = "";
  let stderr = "";
  if (options.unread) {
    child.stdout.destroy();
    child.stderr.destroy();
  }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr })));
}

describe("fardel", () => {
  test("says its version, also under a Node that can't run its sources", async () => {
    const version = { exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) };
    expect(await fardel(["--version"])).toMatchObject(version);
    expect(await fardel(["--version"], { node: ["--no-strip-types"] })).toMatchObject(version);
  });

  test("lists its commands, and those only that there are", async () => {
    const { exitCode, stdout } = await fardel([]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("bring an environment to what fardel.yaml says");
    expect(stdout).not.toContain("secrets");
  });

  test("takes options before and after the command, and describes them", async () => {
    const { exitCode, stdout } = await fardel(["help", "logs"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/--follow[\s\S]*--json/);
  });

  test.each([
    [["depoly"], "Did you mean deploy?"],
    [["up", "--colour"], "Unknown option '--colour'."],
    [["up", "a", "b"], "Too many arguments"],
    [["secrets", "set", "--release", "3"], "`fardel secrets` comes with a later version."],
    [["rollback", "--to", "last"], "It takes the number of a release."],
    [["logs", "--since", "soon"], "a duration with a unit"],
    [["local", "start", "--runtime", "docker"], "The runtime docker comes with a later version."],
    [["local", "start", "--port", "http"], "It takes a number up to 65535"],
    [["status", "staging"], 'no environment "staging"'],
    [["-C", "broken", "up"], 'unknown key "imgae"; did you mean "image"?'],
    [["local", "reset", "--state", "."], "Nobody can be asked here."],
  ])("%j is bad usage: exit code 2, and why", async (args, message) => {
    const { exitCode, stdout, stderr } = await fardel(args);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(message);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test("shows a mistake in the manifest where it is", async () => {
    const { stderr } = await fardel(["up", "-C", "broken"]);
    expect(stderr).toMatchInlineSnapshot(`
      "✗ fardel.yaml has a problem

        fardel.yaml:4:20  services.web.imgae
          4 | services: { web: { imgae: "nginx:1.29" } }
            |                    ^^^^^
          unknown key "imgae"; did you mean "image"?
      "
    `);
  });

  test("gives programs an error as an object", async () => {
    const { exitCode, stdout, stderr } = await fardel(["up", "-C", "broken", "--json"]);
    expect([exitCode, stderr]).toEqual([2, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ type: "error", code: "InvalidManifest", exitCode: 2 });
  });

  test("ends with its own exit code also when nobody reads what it prints", async () => {
    expect(await fardel(["up", "-C", "broken", "--json"], { unread: true })).toMatchObject({ exitCode: 2 });
    expect(await fardel(["up", "-C", "broken"], { unread: true })).toMatchObject({ exitCode: 2 });
  });

  test("shows its own stack only when asked", async () => {
    const { stderr } = await fardel(["status", "staging", "--verbose"]);
    expect(stderr).toMatch(/^ +at .*load\.ts/m);
  });

  test("never sends an environment on AWS to another endpoint", async () => {
    const variables = { AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    const { exitCode, stderr } = await fardel(["status", "production"], { variables });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("AWS_ENDPOINT_URL is set");
  });

  test("prints a schema that is JSON", async () => {
    const { stdout } = await fardel(["schema"]);
    expect(JSON.parse(stdout)).toMatchObject({ title: "fardel manifest", required: ["app"] });
  });

  test("says that drydock is not running", async () => {
    expect(await fardel(["local", "status"])).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await fardel(["local", "env"])).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await fardel(["local", "stop", "--json"])).toMatchObject({ exitCode: 0, stdout: '{"stopped":false}\n' });
  });
});

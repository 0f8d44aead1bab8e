import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dockerLogin } from "./docker-logins.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fardel-docker-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function login(registry: string, configuration: object) {
  writeFileSync(join(directory, "config.json"), JSON.stringify(configuration));
  return dockerLogin(registry, { ...process.env, DOCKER_CONFIG: directory, PATH: `${directory}:${process.env.PATH}` });
}

/** A credential helper that knows one server, as Docker's do. */
function plantHelper(name: string, server: string): void {
  const path = join(directory, `docker-credential-${name}`);
  const answer = JSON.stringify({ ServerURL: server, Username: "helped", Secret: "by helper" });
  writeFileSync(
    path,
    `#!/bin/sh\n[ "$1 $(cat)" = "get ${server}" ] && echo '${answer}' || { echo not found; exit 1; }\n`,
  );
  chmodSync(path, 0o755);
}

const auth = Buffer.from("me:pass:word").toString("base64");

describe("a login that docker kept", () => {
  test("is read from its configuration", async () => {
    expect(await login("ghcr.io", { auths: { "ghcr.io": { auth } } })).toEqual({
      username: "me",
      password: "pass:word",
    });
    expect(await login("ghcr.io", { auths: { "https://ghcr.io": { auth } } })).toMatchObject({ username: "me" });
    expect(await login("docker.io", { auths: { "https://index.docker.io/v1/": { auth } } })).toMatchObject({
      username: "me",
    });
  });

  test("is asked of the credential helper", async () => {
    plantHelper("vault", "ghcr.io");
    const helped = { username: "helped", password: "by helper" };
    expect(await login("ghcr.io", { credHelpers: { "ghcr.io": "vault" } })).toEqual(helped);
    expect(await login("ghcr.io", { auths: { "ghcr.io": {} }, credsStore: "vault" })).toEqual(helped);
  });

  test("is none where nothing is kept, a helper fails, or isn't there", async () => {
    plantHelper("vault", "ghcr.io");
    expect(await login("quay.io", { auths: { "ghcr.io": { auth } }, credsStore: "vault" })).toBeUndefined();
    expect(await login("quay.io", { credHelpers: { "quay.io": "vault" } })).toBeUndefined();
    expect(await login("quay.io", { credHelpers: { "quay.io": "gone" } })).toBeUndefined();
    rmSync(join(directory, "config.json"));
    expect(await dockerLogin("ghcr.io", { DOCKER_CONFIG: directory })).toBeUndefined();
  });
});

test("a configuration of anything is a login or none", async () => {
  const field = fc.constantFrom("auths", "credHelpers", "credsStore", "ghcr.io", "auth", "username", "password");
  const value = fc.dictionary(
    field,
    fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.dictionary(field, fc.jsonValue({ maxDepth: 1 }))),
  );
  const configuration = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.dictionary(field, value));
  await fc.assert(
    fc.asyncProperty(configuration, async (written) => {
      const found = await login("ghcr.io", Object(written));
      if (found !== undefined) expect([typeof found.username, typeof found.password]).toEqual(["string", "string"]);
    }),
    { numRuns: 200 },
  );
  for (const nothing of ["null", "5", "", "{"]) {
    writeFileSync(join(directory, "config.json"), nothing);
    expect(await dockerLogin("ghcr.io", { DOCKER_CONFIG: directory })).toBeUndefined();
  }
}, 60_000);

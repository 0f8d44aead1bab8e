import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ImageConfig } from "@fardel/oci";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./driver.fixture.ts";
import { parseEnvironment, portVariables, searchPath, translatePorts } from "./environment.ts";
import { architecture } from "./image.fixture.ts";

const ports = [
  { containerPort: 80, port: 20_001 },
  { containerPort: 8080, port: 20_002 },
];

test("an image's variables keep what is behind the first equals sign", () => {
  expect(parseEnvironment(["A=1", "B=x=y", "C=", "D"])).toEqual({ A: "1", B: "x=y", C: "", D: "" });
});

test("PORT is the first mapping's real port", () => {
  expect(portVariables(ports, ports)).toEqual({ PORT: "20001", PORT_80: "20001", PORT_8080: "20002" });
  expect(portVariables([], [])).toEqual({});
});

test.each([
  ["curl -f http://localhost:80/ || exit 1", "curl -f http://localhost:20001/ || exit 1"],
  ["localhost:8080,127.0.0.1:80,[::1]:80,0.0.0.0:8080", "localhost:20002,127.0.0.1:20001,[::1]:20001,0.0.0.0:20002"],
  ["localhost:800", "localhost:800"],
  ["my-localhost:80 db.localhost:80 10.127.0.0.1:80", "my-localhost:80 db.localhost:80 10.127.0.0.1:80"],
])("%s becomes %s", (text, translated) => {
  expect(translatePorts(text, ports)).toBe(translated);
});

test("an image's own programs are found first, its system's last, a foreign image's not at all", () => {
  const root = temporaryDirectory();
  for (const directory of ["usr/local/bin", "usr/bin", "opt/app/bin"])
    mkdirSync(join(root, directory), { recursive: true });
  const path = (config: Partial<ImageConfig>) =>
    searchPath(
      { os: "linux", architecture, rootfs: { type: "layers", diff_ids: [] }, ...config },
      root,
      "/opt/app/bin:/usr/local/bin:/usr/bin:/absent:relative",
      "/work",
    )
      .split(":")
      .map((directory) => directory.replace(root, "<root>"));
  const host = ["/work/node_modules/.bin", dirname(process.execPath), ...(process.env.PATH ?? "").split(":")];
  const foreign = ["<root>/opt/app/bin", ...host];
  const native =
    process.platform === "linux" ? ["<root>/opt/app/bin", "<root>/usr/local/bin", ...host, "<root>/usr/bin"] : foreign;
  expect(path({})).toEqual(native);
  expect(path({ architecture: "s390x" })).toEqual(foreign);
  mkdirSync(join(root, "lib"));
  writeFileSync(join(root, "lib", "ld-musl-none.so.1"), "");
  expect(path({})).toEqual(foreign);
});

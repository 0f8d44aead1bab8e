import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** The package arrows of ARCHITECTURE.md: who may import whom. */
const arrows: Record<string, string[]> = {
  cli: ["@fardel/core", "@fardel/drydock"],
  core: ["@fardel/oci"],
  drydock: ["@fardel/oci"],
  oci: [],
};

function sources(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(directory, name));
}

function imports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] ?? "");
}

describe.each(Object.keys(arrows))("packages/%s", (name) => {
  const directory = join(root, "packages", name);

  test("imports only the workspace packages its arrows allow", () => {
    const forbidden = sources(join(directory, "src")).flatMap((file) =>
      imports(file)
        .filter((specifier) => /^(@fardel\/|fardel(\/|$))/.test(specifier))
        .filter((specifier) => !arrows[name]?.some((allowed) => `${specifier}/`.startsWith(`${allowed}/`)))
        .map((specifier) => `${relative(root, file)} imports ${specifier}`),
    );
    expect(forbidden).toEqual([]);
  });

  test("reaches into no other package by a relative path", () => {
    const escapes = sources(join(directory, "src")).flatMap((file) =>
      imports(file)
        .filter((specifier) => specifier.startsWith("."))
        .filter((specifier) => !resolve(dirname(file), specifier).startsWith(`${directory}/`))
        .map((specifier) => `${relative(root, file)} imports ${specifier}`),
    );
    expect(escapes).toEqual([]);
  });
});

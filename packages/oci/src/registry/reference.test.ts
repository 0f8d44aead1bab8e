import { describe, expect, it } from "vitest";
import { OciError } from "../errors.ts";
import { formatReference, parseReference, parseRepository, registryOrigin } from "./reference.ts";

const digest = `sha256:${"ab".repeat(32)}`;

describe("parseReference", () => {
  it.each([
    ["node", { registry: "docker.io", repository: "library/node", tag: "latest" }],
    ["node:24-slim", { registry: "docker.io", repository: "library/node", tag: "24-slim" }],
    ["grafana/grafana:11", { registry: "docker.io", repository: "grafana/grafana", tag: "11" }],
    ["index.docker.io/library/node", { registry: "docker.io", repository: "library/node", tag: "latest" }],
    ["localhost/web", { registry: "localhost", repository: "web", tag: "latest" }],
    ["localhost:5000/shop/web:1.2", { registry: "localhost:5000", repository: "shop/web", tag: "1.2" }],
    ["127.0.0.1:4566/shop/web", { registry: "127.0.0.1:4566", repository: "shop/web", tag: "latest" }],
    ["[::1]:5000/web:v1", { registry: "[::1]:5000", repository: "web", tag: "v1" }],
    ["public.ecr.aws/datadog/agent:7", { registry: "public.ecr.aws", repository: "datadog/agent", tag: "7" }],
    [
      `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@${digest}`,
      { registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", repository: "shop/web", digest },
    ],
    [`ghcr.io/a/b:tag@${digest}`, { registry: "ghcr.io", repository: "a/b", tag: "tag", digest }],
    ["a__b/c-d.e", { registry: "docker.io", repository: "a__b/c-d.e", tag: "latest" }],
  ])("reads %s", (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  it.each([
    ["", "'' is not an image reference: it is empty or has spaces around it. → Write name:tag."],
    ["https://ghcr.io/a", "'https://ghcr.io/a' is not an image reference: it is a URL. → Leave out 'https://'."],
    ["Web:1", "'Web:1' is not an image reference: 'Web' cannot name a repository. → Names are lower-case: 'web'."],
    [
      "shop//web",
      "'shop//web' is not an image reference: 'shop//web' cannot name a repository. → Use lower-case letters and digits, separated by '.', '_', '-' or '/'.",
    ],
    [
      "web:",
      "'web:' is not an image reference: the tag after ':' is empty. → A tag has 1 to 128 letters, digits, '_', '.' and '-', and does not start with '.' or '-'.",
    ],
    [
      "web@sha256:abc",
      "'web@sha256:abc' is not an image reference: 'sha256:abc' is not a digest. → A digest is sha256: and 64 lower-case hexadecimal digits.",
    ],
    [
      "127.0.0.1:70000/web",
      "'127.0.0.1:70000/web' is not an image reference: '127.0.0.1:70000' is not a registry's host. → Write host/name or host:port/name.",
    ],
    ["ghcr.io/", "'ghcr.io/' is not an image reference: the repository name is missing. → Write registry/name:tag."],
  ])("refuses %s with the part that is wrong and how to write it", (text, expected) => {
    expect(screen(() => parseReference(text))).toBe(expected);
  });
});

describe("parseRepository", () => {
  it("reads a push target", () => {
    expect(parseRepository("127.0.0.1:4566/shop/web")).toEqual({ registry: "127.0.0.1:4566", repository: "shop/web" });
  });

  it("refuses a tag", () => {
    expect(screen(() => parseRepository("127.0.0.1:4566/web:1"))).toBe(
      "'127.0.0.1:4566/web:1' is not an image reference: a repository has neither tag nor digest. → Leave out ':1'.",
    );
  });
});

it("formats the complete reference", () => {
  expect(formatReference(parseReference(`node:24@${digest}`))).toBe(`docker.io/library/node:24@${digest}`);
});

it.each([
  ["docker.io", "https://registry-1.docker.io"],
  ["127.0.0.1:4566", "http://127.0.0.1:4566"],
  ["127.0.53.1", "http://127.0.53.1"],
  ["registry.localhost:80", "http://registry.localhost:80"],
  ["[::1]:5000", "http://[::1]:5000"],
  ["127.0.0.1.example.com", "https://127.0.0.1.example.com"],
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com", "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com"],
])("talks to %s at %s", (registry, origin) => {
  expect(registryOrigin(registry)).toBe(origin);
});

function screen(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof OciError) return `${error.message} → ${error.fix}`;
    throw error;
  }
  throw new Error("expected an OciError");
}

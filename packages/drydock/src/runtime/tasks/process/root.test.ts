import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./driver.fixture.ts";
import { mapArgument, resolveInRoot } from "./root.ts";

function root(): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "usr/bin"), { recursive: true });
  writeFileSync(join(directory, "usr/bin/tool"), "");
  const links = {
    bin: "/usr/bin",
    escape: "../../../../usr",
    loop: "/loop",
    dangling: "/absent",
    "usr/bin/alias": "tool",
  };
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(directory, path));
  return directory;
}

test.each([
  ["/usr/bin/tool", "usr/bin/tool"],
  ["/bin/alias", "usr/bin/tool"],
  ["/escape/bin/tool", "usr/bin/tool"],
  ["/../../usr/./bin//tool", "usr/bin/tool"],
  ["/", ""],
  ["/loop", undefined],
  ["/dangling", undefined],
  ["/usr/bin/tool/below", undefined],
  [`/${"long".repeat(100)}`, undefined],
])("%s lies at %s", (path, expected) => {
  const directory = root();
  expect(resolveInRoot(directory, path)).toBe(expected === undefined ? undefined : join(directory, expected));
});

test("only what looks like a path of the image is mapped", () => {
  const directory = root();
  mkdirSync(join(directory, "dev"));
  const mapped = (argument: string) => mapArgument(directory, argument).replace(directory, "<root>");
  expect(
    ["/bin/tool", "--tool=/bin/tool", "-t=/bin/tool", "bin/tool", "/dev", "a=/bin/tool", "/absent"].map(mapped),
  ).toEqual([
    "<root>/usr/bin/tool",
    "--tool=<root>/usr/bin/tool",
    "-t=<root>/usr/bin/tool",
    "bin/tool",
    "/dev",
    "a=/bin/tool",
    "/absent",
  ]);
});

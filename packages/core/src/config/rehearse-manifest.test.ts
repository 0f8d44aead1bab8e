import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { rehearseManifest } from "./rehearse-manifest.ts";

const directory = mkdtempSync(join(tmpdir(), "fardel-rehearsal-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
function fileWith(code: string): string {
  const path = join(directory, `${files++}.mjs`);
  writeFileSync(path, code);
  return pathToFileURL(path).href;
}

test.each([
  ["data", "export default { app: 'shop' };", undefined],
  ["a function", "export default (name) => ({ app: name });", "local"],
  ["what throws", "throw new Error('no');", undefined],
  ["a function that throws", "export default () => { throw new Error('no'); };", "local"],
  ["a function that would loop, not called", "export default () => { for (;;); };", undefined],
])("%s ends", (_name, code, environment) => {
  expect(rehearseManifest(fileWith(code), environment, 60_000)).toBeUndefined();
});

test.each([
  ["process.exit", "process.exit(0);", undefined],
  ["an await that nothing settles", "await new Promise(() => {}); export default {};", undefined],
])("%s is seen", (_name, code, environment) => {
  expect(rehearseManifest(fileWith(code), environment, 60_000)?.why).toMatch("ends the process, or awaits");
});

test.each([
  ["a loop", "for (;;);", undefined],
  ["a loop in its function", "export default () => { for (;;); };", "local"],
  ["a timer that goes on", "setInterval(() => {}, 1e6); await new Promise(() => {});", undefined],
])("%s is stopped", (_name, code, environment) => {
  expect(rehearseManifest(fileWith(code), environment, 300)?.why).toBe("it wasn't done after 0.3 seconds");
});

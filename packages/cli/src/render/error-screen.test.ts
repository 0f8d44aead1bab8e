import { FardelError } from "@fardel/core/errors.ts";
import { expect, test } from "vitest";
import { errorObject, errorScreen } from "./error-screen.ts";
import { styleOf } from "./style.ts";

const style = { ...styleOf({}, { NO_COLOR: "1" }), width: 70 };

test("what happened, where, why, what to do", () => {
  const error = new FardelError("STACK_FAILED", "Could not create the stack local: Vpc (AWS::EC2::VPC) failed.", {
    where: "stack local, Vpc",
    why: "The maximum number of VPCs has been reached.\nWhat had been created was removed again.",
    fix: "Mend what AWS names, then run the command again. It goes on where this one has stopped.",
  });
  expect(errorScreen(error, style, false)).toMatchInlineSnapshot(`
    "✗ Could not create the stack local: Vpc (AWS::EC2::VPC) failed.
      stack local, Vpc

      The maximum number of VPCs has been reached.
      What had been created was removed again.

      → Mend what AWS names, then run the command again. It goes on where
        this one has stopped."
  `);
});

test("a place that the reason begins with is told once", () => {
  const error = new FardelError("InvalidManifest", "fardel.yaml has a problem", {
    where: "fardel.yaml:3:5  services.web",
    why: 'fardel.yaml:3:5  services.web\n  3 |     prot: 80\n    |     ^^^^\n  unknown key "prot"; did you mean "port"?',
  });
  expect(errorScreen(error, style, false)).toMatchInlineSnapshot(`
    "✗ fardel.yaml has a problem

      fardel.yaml:3:5  services.web
        3 |     prot: 80
          |     ^^^^
        unknown key "prot"; did you mean "port"?"
  `);
});

test("an error nobody foresaw shows no stack unless asked", () => {
  const error = new TypeError("undefined is not a function");
  expect(errorScreen(error, style, false)).toMatchInlineSnapshot(`
    "✗ fardel stopped at an error it doesn't know.

      undefined is not a function

      → This is a defect in fardel. The command with --verbose shows where
        it happened: please report it with that."
  `);
  expect(errorScreen(error, style, true)).toContain("error-screen.test.ts");
});

test("what the disk refuses is no defect", () => {
  const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(errorScreen(error, style, false)).toMatchInlineSnapshot(`
    "✗ The disk is full.

      ENOSPC: no space left on device, write

      → fardel writes to its cache ($XDG_CACHE_HOME or ~/.cache), its
        state (~/.local/state) and the temporary directory: make room
        there, or make them writable, then run the command again."
  `);
  expect(errorObject(error, false)).toMatchObject({ code: "FileSystem", exitCode: 1, message: "The disk is full." });
});

test("programs get the same as an object", () => {
  const error = new FardelError("LOCKED", "Somebody else releases.", { fix: "Wait.", exitCode: 5 });
  expect(errorObject(error, false)).toEqual({
    type: "error",
    code: "LOCKED",
    exitCode: 5,
    message: "Somebody else releases.",
    fix: "Wait.",
  });
});

import { FardelError } from "../errors.ts";
import type { App, WrittenKey } from "./app.ts";
import { type Problem, problemLocation } from "./source/problems.ts";

interface LaterKey {
  /** Path with `*` for any one key. */
  key: string;
  /** What fardel can't do yet. */
  does: string;
  /** When the key is refused; unless given, always. */
  when?: (written: WrittenKey, app: App) => boolean;
}

/** Its new tasks have traffic as soon as they are healthy, and its old ones go then. */
function ofRolling({ path: [, name = ""] }: WrittenKey, { services }: App): boolean {
  return services[name]?.rollout.strategy === "rolling";
}

/**
 * Keys the schema knows and releases don't act on yet. Nothing is silently ignored: `up` and `deploy` refuse them.
 * Whoever builds what a row says takes the row out.
 */
export const laterKeys: readonly LaterKey[] = [
  { key: "services.*.rollout.check", does: "checks of a rolling update", when: ofRolling },
  { key: "services.*.rollout.check.task", does: "checks of a rolling update", when: ofRolling },
  {
    key: "services.*.rollout.bake",
    does: "bake time of a rolling update",
    when: (written, app) => written.value !== "0s" && ofRolling(written, app),
  },
];

/** What the manifest asks for and this version of fardel doesn't do. */
export function unsupportedKeys(app: App): Problem[] {
  return app.written.flatMap((written) => {
    const later = laterKeys.find(({ key, when }) => matches(key, written.path) && (when?.(written, app) ?? true));
    if (later === undefined) return [];
    const { line, column } = written;
    const position = line === undefined || column === undefined ? undefined : { line, column, length: 1 };
    return [{ path: written.source, position, message: `${later.does}: not built yet`, fix: undefined }];
  });
}

/** @throws FardelError (exit code 2) that lists every unsupported key, when there is one. */
export function refuseUnsupported(app: App): void {
  const problems = unsupportedKeys(app);
  const file = app.written[0]?.file ?? "the manifest";
  if (problems.length === 0) return;
  throw new FardelError("Unsupported", `${file} asks for what this version of fardel doesn't do yet`, {
    where: app.environment,
    why: problems.map((problem) => `${problemLocation(file, problem)}\n  ${problem.message}`).join("\n\n"),
    fix: "Take these keys out, or override them in the environment (null removes a key).",
    exitCode: 2,
  });
}

function matches(pattern: string, path: readonly string[]): boolean {
  const keys = pattern.split(".");
  return keys.length === path.length && keys.every((key, index) => key === "*" || key === path[index]);
}

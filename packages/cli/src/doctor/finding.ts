/** What one check has found. `skipped`: not there, and not needed. */
export interface Finding {
  /** What was looked at, in a word or two. */
  check: string;
  state: "ok" | "skipped" | "failed";
  message: string;
  /** What to do about it. */
  fix?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, state: "ok", message };
}

export function skipped(check: string, message: string): Finding {
  return { check, state: "skipped", message };
}

export function failed(check: string, message: string, fix: string): Finding {
  return { check, state: "failed", message, fix };
}

import type { ReleaseRecord } from "@fardel/core";

/** What something was built from, short: `701a54d v1.2.0`, with a `+` where files differed from the commit. */
export function commitText({ commit, dirty, tag }: Partial<Pick<ReleaseRecord, "commit" | "dirty" | "tag">>): string {
  const short = commit === undefined ? undefined : `${commit.slice(0, 7)}${dirty ? "+" : ""}`;
  return [short, tag].filter(Boolean).join(" ");
}

import type { Session } from "./session.ts";

/** What is to become of a release that waits for its approval. */
export type GateChoice = "leave" | "reject" | "wait";

/** Asks on the terminal; where nobody can be asked the release is left waiting. */
export async function gateChoice({ output, yes }: Session): Promise<GateChoice> {
  if (yes || output.json || !process.stdin.isTTY || !process.stderr.isTTY) return "leave";
  output.settle();
  const prompts = await import("@clack/prompts");
  const answer = await prompts.select<GateChoice>({
    message: "The release waits for its approval. What is to become of it?",
    options: [
      { value: "leave", label: "leave it waiting: `fardel approve` or `fardel reject` brings it to its end" },
      { value: "reject", label: "roll back" },
      { value: "wait", label: "keep waiting here" },
    ],
    output: process.stderr,
  });
  return prompts.isCancel(answer) ? "leave" : answer;
}

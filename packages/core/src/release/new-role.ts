import { isAwsError } from "../aws/errors.ts";
import type { Run } from "./run.ts";
import { sleep } from "./time.ts";

/** How long AWS's services may take to see a role that was made a moment ago. */
const patienceMs = 60_000;
const pollMs = 3000;

/**
 * Makes a call that hands AWS a role, again while it can't be assumed yet: "changes that I make are not always immediately visible"
 * (IAM user guide, troubleshooting), and `up` may have made the role seconds ago.
 */
export async function withNewRole<T>({ time, signal, check }: Run, call: () => Promise<T>): Promise<T> {
  const end = time.now() + patienceMs;
  for (;;) {
    check();
    try {
      return await call();
    } catch (error) {
      if (!cannotAssume(error) || time.now() >= end) throw error;
      await sleep(time, pollMs, signal);
    }
  }
}

/** "The execution role you provide must allow AWS EventBridge Scheduler to assume the role", and ECS's likes of it. */
function cannotAssume(error: unknown): boolean {
  const refused = ["ValidationException", "InvalidParameterException"].some((name) => isAwsError(error, name));
  return refused && /\bassume\b.*\brole\b|\brole\b.*\bassume/i.test(error instanceof Error ? wordsOf(error) : "");
}

function wordsOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message} ${wordsOf(cause)}` : message;
}

import { FardelError } from "@fardel/core/errors.ts";
import type { DrydockStatus } from "@fardel/drydock/control.ts";

interface Refusal {
  error: { code: string; message: string; path?: string; expected?: string };
}

/**
 * Asks the admin API of a drydock that runs; `path` is below `/_drydock/`.
 *
 * @throws FardelError with what it refused and what it would have taken (exit code 2), or that it can't be reached
 */
export async function askDrydock<Answer>(
  { endpoint }: Pick<DrydockStatus, "endpoint">,
  method: "GET" | "PUT" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Answer> {
  const url = new URL(`/_drydock/${path}`, endpoint);
  const response = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) }).catch(
    (cause: Error) => {
      throw new FardelError("DrydockUnreachable", `drydock doesn't answer at ${endpoint}.`, {
        why: cause.cause instanceof Error ? cause.cause.message : cause.message,
        fix: "`fardel local status` tells whether it runs.",
        cause,
      });
    },
  );
  const answer = (await response.json()) as Answer | Refusal;
  if (response.ok) return answer as Answer;
  const { code, message, path: where, expected } = (answer as Refusal).error;
  throw new FardelError(code, message, {
    ...(where !== undefined && { where }),
    ...(expected !== undefined && { fix: `Expected: ${expected}.` }),
    exitCode: 2,
  });
}

import { defineCommand } from "../command.ts";
import { answerGates, answerUsage } from "./answer.ts";

export const approve = defineCommand({
  usage: (command) =>
    answerUsage(
      command,
      "Let a release go on that waits for its approval, and follow it to its end where nobody does.",
    ),
  run: (session, service: string | undefined, { environment }: { environment: string }) =>
    answerGates(session, "approve", service, environment),
});

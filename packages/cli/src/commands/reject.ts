import { defineCommand } from "../command.ts";
import { answerGates, answerUsage } from "./answer.ts";

export const reject = defineCommand({
  usage: (command) => answerUsage(command, "Send a release back that waits for its approval."),
  run: (session, service: string | undefined, { environment }: { environment: string }) =>
    answerGates(session, "reject", service, environment),
});

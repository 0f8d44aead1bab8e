import type { Health } from "../../config/app.ts";
import type { Diagnosis, FailedTask } from "./diagnosis.ts";

/** What is known of a failure. */
export interface Symptoms {
  /** Service or task. */
  workload: string;
  /** The one that has failed: its own, which has its name, or another of its tasks. */
  container: string;
  isService: boolean;
  architecture: "amd64" | "arm64";
  memoryMiB: number;
  port: number | undefined;
  health: Pick<Health, "path" | "timeoutSeconds" | "graceSeconds"> | undefined;
  task: FailedTask | undefined;
  /** How long the task's containers ran. */
  ranSeconds: number | undefined;
  targetReason: string | undefined;
  deploymentReason: string | undefined;
  /** Whether a person has run the task by hand, so that it is for them to run again. */
  byHand: boolean;
  logLines: readonly string[];
}

export type Verdict = Pick<Diagnosis, "verdict" | "fix">;

/** Says in plain words why a task or rollout failed; the most certain sign first. */
export function verdictOf(symptoms: Symptoms): Verdict {
  const unsteady = /^It doesn't stay up: .*/.exec(symptoms.deploymentReason ?? "")?.[0];
  for (const look of [sentBack, wrongProcessor, notStarted, outOfMemory, exited, unhealthyContainer, unhealthyTarget]) {
    const found = look(symptoms);
    if (found) return { ...found, verdict: [unsteady, found.verdict].filter(Boolean).join(" ") };
  }
  const { task, deploymentReason, targetReason } = symptoms;
  const reason = task?.stoppedReason ?? targetReason ?? deploymentReason;
  return {
    verdict: reason ?? "Nothing tells why: ECS shows no stopped task of this revision.",
    fix: "See the events of the service in ECS and its log.",
  };
}

/** Somebody, or something, has decided against a revision that may well run. */
function sentBack({ deploymentReason = "", task }: Symptoms): Verdict | undefined {
  if (/\balarm\b/i.test(deploymentReason)) {
    return { verdict: deploymentReason, fix: "See what the alarm watches, for the time since the rollout began." };
  }
  if (task !== undefined) return undefined;
  if (/\bhook\b/i.test(deploymentReason)) {
    return {
      verdict: "It was rejected at its gate, or nobody has approved it in time.",
      fix: "Ask whoever answers for it, then deploy again.",
    };
  }
  if (/^Its check failed/.test(deploymentReason)) {
    return { verdict: deploymentReason, fix: "See why at the address it asks, correct it, then deploy again." };
  }
  if (/requested by the user/.test(deploymentReason)) {
    return { verdict: "Somebody has stopped its deployment.", fix: "Ask who, then deploy again." };
  }
  return undefined;
}

function wrongProcessor({ task, logLines, architecture }: Symptoms): Verdict | undefined {
  const said = [task?.stoppedReason, ...(task?.containers.map(({ reason }) => reason) ?? []), ...logLines];
  if (!said.some((line) => line?.includes("exec format error"))) return undefined;
  return {
    verdict: `The image is built for another processor than the ${architecture} its tasks run on.`,
    fix: `Build it for linux/${architecture} (images.<name>.platform), or let the tasks run on the other.`,
  };
}

function notStarted({ task, container, byHand }: Symptoms): Verdict | undefined {
  const reasons = [task?.stoppedReason, ...(task?.containers.map(({ reason }) => reason) ?? [])];
  const reason = reasons.find((each) => /Cannot\w+Error|ResourceInitializationError/.test(each ?? ""));
  if (reason === undefined) return undefined;
  if (reason.includes("CannotPullContainerError")) {
    return {
      verdict: `The image can't be pulled: ${detailOf(reason)}`,
      fix: "Check that the image exists, that the execution role may pull it, and that the subnets reach its registry.",
    };
  }
  if (/from asm|from ssm|secret/.test(reason)) {
    const [, key] = /did not contain json key (\S+)/.exec(reason) ?? [];
    if (key !== undefined) {
      return {
        verdict: `A secret has no key ${key}, which the release's task definition asks for.`,
        fix: "Put the key back, or run `fardel deploy`: a secret that is spread gets the keys it has by then.",
      };
    }
    return {
      verdict: `A secret can't be had: ${detailOf(reason)}`,
      fix: "Check that the secret has a value and the key asked for, and that the execution role may read it.",
    };
  }
  if (/logger args|log stream/.test(reason)) {
    return {
      verdict: `The log group can't be written to: ${detailOf(reason)}`,
      fix: "Run `fardel up`, which makes it.",
    };
  }
  if (/no such file or directory|executable file not found|permission denied/.test(reason)) {
    return {
      verdict: `The command of ${container} isn't in the image: ${detailOf(reason)}`,
      fix: "Correct `command`, or what the image starts.",
    };
  }
  return { verdict: `The task can't start: ${detailOf(reason)}`, fix: `Correct what ECS names${thenAgain(byHand)}` };
}

/** What is run by hand is of the release that serves, so that new code gets there by a release only. */
function thenAgain(byHand: boolean): string {
  return byHand ? " (new code needs a release), then run it again." : ", then deploy again.";
}

/** Without the kind of the error in front, which the sentence has said. */
function detailOf(reason: string): string {
  return reason.replace(/^(?:Cannot\w+Error|ResourceInitializationError): /, "");
}

function outOfMemory({ task, memoryMiB }: Symptoms): Verdict | undefined {
  if (!task?.containers.some(({ reason }) => reason?.startsWith("OutOfMemoryError"))) return undefined;
  return {
    verdict: `The container was killed because it used more than its ${memoryMiB} MB of memory.`,
    fix: "Give it more `memory`, or let it use less.",
  };
}

function exited({ task, container, isService, ranSeconds, workload, byHand }: Symptoms): Verdict | undefined {
  if (task?.stopCode !== "EssentialContainerExited") return undefined;
  const ended = task.containers.find(({ name }) => name === container) ?? task.containers[0];
  const code = ended?.exitCode;
  if (code === undefined) return undefined;
  const own = container === workload;
  const it = own ? "It" : `Its container ${container}`;
  const when = ranSeconds === undefined ? "" : ranSeconds < 10 ? " right after its start" : ` after ${ranSeconds} s`;
  if (code === 0 && isService) {
    return {
      verdict: `${it} ends by itself${when}, with exit code 0; ${own ? "a service" : "an essential container"} has to keep running.`,
      fix: own
        ? `Let its process stay, or make ${workload} a task if it is to end.`
        : "Let its process stay, or say `essential: false` of it.",
    };
  }
  if (code === 126 || code === 127) {
    return {
      verdict: `${own ? "Its command" : `The command of its container ${container}`} can't be ${code === 127 ? "found" : "executed"} (exit code ${code}).`,
      fix: "Correct `command`, or what the image starts.",
    };
  }
  const killed = code > 128 ? `, killed by signal ${code - 128}` : "";
  return {
    verdict: `${it} exits with code ${code}${when}${killed}.`,
    fix: `Its last lines tell why: correct that${thenAgain(byHand)}`,
  };
}

function unhealthyContainer({ task }: Symptoms): Verdict | undefined {
  const unhealthy = task?.containers.find(({ healthStatus }) => healthStatus === "UNHEALTHY");
  if (!unhealthy && !task?.stoppedReason?.includes("container health checks")) return undefined;
  return {
    verdict: `The health check of container ${unhealthy?.name ?? ""} fails.`,
    fix: "Run its command in the container to see why.",
  };
}

function unhealthyTarget({ task, targetReason, health, port }: Symptoms): Verdict | undefined {
  const failed = targetReason !== undefined || task?.stoppedReason?.includes("failed ELB health checks");
  if (!failed || health === undefined) return undefined;
  const { path, timeoutSeconds, graceSeconds } = health;
  const codes = /\[([\d, ]+)\]/.exec(targetReason ?? "")?.[1];
  if (codes !== undefined) {
    return {
      verdict: `Its health path ${path} answers ${codes}, not 200 to 299.`,
      fix: `Let ${path} answer 200 as soon as the service can take requests, or correct \`health.path\`.`,
    };
  }
  if (/timed out|timeout/i.test(targetReason ?? "")) {
    return {
      verdict: `Its health path ${path} doesn't answer within ${timeoutSeconds} s.`,
      fix: `Let ${path} answer sooner (it shouldn't wait for other services), or raise \`health.timeout\`.`,
    };
  }
  return {
    verdict: `Nothing answers the health checks: no connection to port ${port}, or none that gives an answer to ${path}.`,
    fix:
      `Listen on 0.0.0.0 and on the port that the variable PORT names (${port}). If it only needs longer than ` +
      `${graceSeconds} s to start, raise \`health.grace\`.`,
  };
}

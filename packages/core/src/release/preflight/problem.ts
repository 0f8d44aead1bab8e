import { isAccessDenied } from "../../aws/errors.ts";
import type { App } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";

/** One reason why a release can't begin. */
export interface PreflightProblem {
  /** `fardel.yaml:12  services.web.secrets.STRIPE_KEY`, or a resource. */
  where: string;
  /** Continues a sentence, without a full stop. */
  message: string;
  fix: string;
}

/** A problem that `fardel up` takes away. */
export function missingInfrastructure(app: App, workload: string, message: string): PreflightProblem {
  return {
    where: whereWritten(app, workload === "" ? "cluster" : pathOf(app, workload)),
    message,
    fix: `Run \`fardel up ${app.environment}\`, which makes it.`,
  };
}

export function sectionOf(app: App, workload: string): "services" | "tasks" {
  return Object.hasOwn(app.tasks, workload) ? "tasks" : "services";
}

/** `services.web`. */
export function pathOf(app: App, workload: string): string {
  return `${sectionOf(app, workload)}.${workload}`;
}

/** Who deploys need not be allowed to look at everything: what can't be seen is no problem yet. Undefined then. */
export async function ifAllowed<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (isAccessDenied(error)) return undefined;
    throw error;
  }
}

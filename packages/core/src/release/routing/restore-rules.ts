import { ruleChanges } from "../changes.ts";
import { describeServices } from "../current.ts";
import type { ReleaseRecord } from "../records/record.ts";
import type { Run } from "../run.ts";
import { readListenerRules } from "./listener-rules.ts";
import { routingOf } from "./routing.ts";

/**
 * Brings the rules of the listener to what a release says, whatever one that was interrupted has made of them: nobody is left who
 * knows what they were before. Without a release none stays.
 */
export async function restoreRules(run: Run, serving: ReleaseRecord | undefined): Promise<void> {
  const { aws, descriptor } = run;
  const { services = {} } = serving?.configuration ?? {};
  const rules = await readListenerRules(aws, descriptor);
  if (rules.listener === undefined) return;
  const current = { rules, services: await describeServices(aws, descriptor, Object.keys(services)) };
  const changes = ruleChanges(Object.values(services), current, descriptor, true);
  const routing = routingOf(run, rules, changes, { services });
  const all = new Set(Object.keys(services));
  await routing.clear();
  await routing.attach(all);
  await routing.route(all);
}

import type { Region } from "../../region.ts";
import { defineService } from "../../service.ts";
import { Agenda } from "./agenda.ts";
import { constraints } from "./constraints.ts";
import { groupOperations } from "./groups.ts";
import { scheduleOperations } from "./schedules.ts";

const agendas = new WeakMap<Region, Agenda>();

/** The one agenda of a region. */
function agendaOf(region: Region): Agenda {
  const agenda = agendas.get(region) ?? new Agenda(region);
  agendas.set(region, agenda);
  return agenda;
}

/**
 * Schedules that run: ECS tasks through RunTask, and messages to SQS queues. `cron` and `rate` go by the region's time,
 * so with a time scale they come round faster.
 * Gaps: other targets, universal ones included, each refused by name. Customer managed keys are kept, and encrypt nothing.
 * By design: a run begins at its second, not within its minute; a run that falls into a time when drydock wasn't there
 * is left out, as if it had not been, unless its flexible window is still open.
 */
export const scheduler = defineService({
  name: "scheduler",
  load: () => import("@aws-sdk/client-scheduler"),
  constraints,
  operations: (region) => {
    const agenda = agendaOf(region);
    return { ...scheduleOperations(region, agenda), ...groupOperations(region, agenda) };
  },
  start: (region) => agendaOf(region).resume(),
});

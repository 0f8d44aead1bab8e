import type { ServiceTask } from "./state.ts";

/**
 * The `count` tasks that are missed least: those of the lowest worth, among them those of the most crowded zone, among them the
 * newest.
 */
export function leastUseful(
  tasks: ServiceTask[],
  count: number,
  worthOf: (task: ServiceTask) => number,
): ServiceTask[] {
  const left = new Map(tasks.map((task) => [task, worthOf(task)]));
  const crowds = new Map<string, number>();
  for (const { zone } of tasks) crowds.set(zone, (crowds.get(zone) ?? 0) + 1);
  const crowdOf = ({ zone }: ServiceTask) => crowds.get(zone) ?? 0;
  const chosen: ServiceTask[] = [];
  while (chosen.length < count) {
    const [first, ...others] = left;
    if (!first) break;
    const [task] = others.reduce(
      (a, b) => ((a[1] - b[1] || crowdOf(b[0]) - crowdOf(a[0]) || b[0].createdAt - a[0].createdAt) >= 0 ? b : a),
      first,
    );
    chosen.push(task);
    left.delete(task);
    crowds.set(task.zone, crowdOf(task) - 1);
  }
  return chosen;
}

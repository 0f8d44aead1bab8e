import { formatSize } from "./units.ts";

/**
 * The sizes Fargate has for Linux tasks, as listed under `memory` of RegisterTaskDefinition:
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
 */
const fargateSizes: readonly { cpuUnits: number; memoryMiB: readonly number[] }[] = [
  { cpuUnits: 256, memoryMiB: [512, 1024, 2048] },
  { cpuUnits: 512, memoryMiB: gigabytes(1, 4, 1) },
  { cpuUnits: 1024, memoryMiB: gigabytes(2, 8, 1) },
  { cpuUnits: 2048, memoryMiB: gigabytes(4, 16, 1) },
  { cpuUnits: 4096, memoryMiB: gigabytes(8, 30, 1) },
  { cpuUnits: 8192, memoryMiB: gigabytes(16, 60, 4) },
  { cpuUnits: 16384, memoryMiB: gigabytes(32, 120, 8) },
];

/** The values of `cpu:`, in vCPU. */
export const fargateVcpus = fargateSizes.map((size) => size.cpuUnits / 1024);

/** Is this a pair that Fargate runs? */
export function isFargatePair(cpuUnits: number, memoryMiB: number): boolean {
  return fargateSizes.some((size) => size.cpuUnits === cpuUnits && size.memoryMiB.includes(memoryMiB));
}

/** What goes with a CPU size, for a person: `512MB, 1GB or 2GB`, `4GB to 16GB in steps of 1GB`. */
export function memoryForCpu(cpuUnits: number): string {
  const memory = fargateSizes.find((size) => size.cpuUnits === cpuUnits)?.memoryMiB ?? [];
  const [first = 0, second = 0, third = 0] = memory;
  const last = memory.at(-1) ?? 0;
  return memory.length === 3
    ? `${formatSize(first)}, ${formatSize(second)} or ${formatSize(third)}`
    : `${formatSize(first)} to ${formatSize(last)} in steps of ${formatSize(second - first)}`;
}

/**
 * The valid pairs nearest to one that isn't: the same CPU with the nearest memory, and the smallest CPU that has
 * at least this memory (when there is one).
 */
export function nearestFargatePairs(cpuUnits: number, memoryMiB: number): { cpuUnits: number; memoryMiB: number }[] {
  const same = fargateSizes.find((size) => size.cpuUnits === cpuUnits);
  const nearest = same?.memoryMiB.toSorted((a, b) => Math.abs(a - memoryMiB) - Math.abs(b - memoryMiB))[0];
  const other = fargateSizes
    .filter((size) => size.cpuUnits !== cpuUnits)
    .map((size) => ({ cpuUnits: size.cpuUnits, memoryMiB: size.memoryMiB.find((memory) => memory >= memoryMiB) }))
    .filter((pair): pair is { cpuUnits: number; memoryMiB: number } => pair.memoryMiB !== undefined)
    .toSorted(
      (a, b) => a.memoryMiB - b.memoryMiB || Math.abs(a.cpuUnits - cpuUnits) - Math.abs(b.cpuUnits - cpuUnits),
    )[0];
  return [
    ...(nearest === undefined ? [] : [{ cpuUnits, memoryMiB: nearest }]),
    ...(other === undefined ? [] : [other]),
  ];
}

function gigabytes(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => (from + index * step) * 1024);
}

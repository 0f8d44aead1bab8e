import { expect, test } from "vitest";
import { fargateVcpus, isFargatePair, memoryForCpu, nearestFargatePairs } from "./fargate.ts";

test("every CPU size with the memory that goes with it", () => {
  expect(fargateVcpus.map((vcpu) => `${vcpu}: ${memoryForCpu(vcpu * 1024)}`)).toEqual([
    "0.25: 512MB, 1GB or 2GB",
    "0.5: 1GB to 4GB in steps of 1GB",
    "1: 2GB to 8GB in steps of 1GB",
    "2: 4GB to 16GB in steps of 1GB",
    "4: 8GB to 30GB in steps of 1GB",
    "8: 16GB to 60GB in steps of 4GB",
    "16: 32GB to 120GB in steps of 8GB",
  ]);
});

test.each([
  [256, 512, true],
  [256, 3072, false],
  [512, 512, false],
  [4096, 30_720, true],
  [4096, 31_744, false],
  [8192, 20_480, true],
  [8192, 21_504, false],
  [16_384, 122_880, true],
  [300, 512, false],
])("%d units with %d MiB: %s", (cpu, memory, fits) => expect(isFargatePair(cpu, memory)).toBe(fits));

test.each([
  [256, 3072, "256/2048 512/3072"],
  [256, 8192, "256/2048 1024/8192"],
  [4096, 512, "4096/8192 256/512"],
  [16_384, 999_999, "16384/122880"],
])("nearest to %d with %d: %s", (cpu, memory, pairs) =>
  expect(
    nearestFargatePairs(cpu, memory)
      .map((pair) => `${pair.cpuUnits}/${pair.memoryMiB}`)
      .join(" "),
  ).toBe(pairs),
);

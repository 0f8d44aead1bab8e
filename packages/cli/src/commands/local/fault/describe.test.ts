import { faultKinds } from "@fardel/drydock/faults/kinds.ts";
import { expect, test } from "vitest";
import { faultTable, kindsHelp } from "./describe.ts";

test("faults are shown as the options that made them, and with what they have struck", () => {
  const calls = { service: "ecs", probability: 1, carriedOut: true, seed: 4 };
  const faults = [
    { id: 1, kind: "drop", ...calls, met: 3, struck: 2 } as const,
    { id: 12, kind: "zone-loss", zone: "eu-west-1a", met: 0, struck: 0 } as const,
  ];
  expect(faultTable(faults)).toMatchInlineSnapshot(`
    "1   drop       --service ecs --carried-out --seed 4  struck 2 of 3
    12  zone-loss  --zone eu-west-1a"
  `);
});

test("the help names every kind", () => {
  for (const kind of Object.keys(faultKinds)) expect(kindsHelp()).toContain(`  ${kind}: `);
});

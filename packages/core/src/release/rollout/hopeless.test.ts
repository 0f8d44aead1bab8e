import type { ServiceDeployment } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { isHopeless } from "./hopeless.ts";

const progress = { service: "web", desired: 4, running: 0, healthy: 0, pending: 4, failed: 3, oldRunning: 4 };
const scalingUp: ServiceDeployment = {
  deploymentConfiguration: { strategy: "BLUE_GREEN" },
  lifecycleStage: "SCALE_UP",
};

test.each<[string, number, number, ServiceDeployment, boolean]>([
  ["three of four", 4, 3, scalingUp, true],
  ["two of four: at least three", 4, 2, scalingUp, false],
  ["nine of twenty", 20, 9, scalingUp, false],
  ["half of twenty", 20, 10, scalingUp, true],
  ["two hundred of a thousand: at most those", 1000, 200, scalingUp, true],
  ["with traffic, when alarms decide", 4, 9, { ...scalingUp, lifecycleStage: "BAKE_TIME" }, false],
  [
    "rolling, which ECS gives up itself",
    4,
    9,
    { ...scalingUp, deploymentConfiguration: { strategy: "ROLLING" } },
    false,
  ],
])("%s", (_, desired, failed, deployment, expected) => {
  expect(isHopeless({ ...progress, desired, failed }, deployment)).toBe(expected);
});

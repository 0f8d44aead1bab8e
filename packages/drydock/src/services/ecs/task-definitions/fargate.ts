import type { RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import { clientException } from "../errors.ts";

const range = (from: number, to: number, step: number) =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);

/** CPU units → MiB. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const memoryByCpu: Record<number, number[]> = {
  256: [512, 1024, 2048],
  512: range(1024, 4096, 1024),
  1024: range(2048, 8192, 1024),
  2048: range(4096, 16384, 1024),
  4096: range(8192, 30720, 1024),
  8192: range(16384, 61440, 4096),
  16384: range(32768, 122880, 8192),
};

/** The checks ECS makes when a task definition is registered for Fargate. Throws ClientException. */
export function checkFargate(request: RegisterTaskDefinitionRequest): void {
  const { cpu, memory, networkMode, executionRoleArn, containerDefinitions = [] } = request;
  if (networkMode !== "awsvpc") throw clientException("Fargate only supports network mode ‘awsvpc’.");
  if (!cpu) throw clientException("Fargate requires that 'cpu' be defined at the task level.");
  if (!memory) throw clientException("Fargate requires that 'memory' be defined at the task level.");
  if (!memoryByCpu[Number(cpu)]?.includes(Number(memory))) {
    throw clientException(
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation ` +
        "for the valid values.",
    );
  }
  const needsRole = (need: string) =>
    clientException(`Fargate requires task definition to have execution role ARN to support ${need}.`);
  if (!executionRoleArn) {
    if (containerDefinitions.some(({ logConfiguration }) => logConfiguration?.logDriver === "awslogs")) {
      throw needsRole("log driver awslogs");
    }
    if (containerDefinitions.some(({ image = "" }) => /\.dkr\.ecr\./.test(image))) throw needsRole("ECR images");
    if (containerDefinitions.some(({ secrets }) => secrets?.length)) throw needsRole("secrets");
  }
  for (const {
    portMappings = [],
    privileged,
    linuxParameters,
    stopTimeout = 30,
    startTimeout,
  } of containerDefinitions) {
    if (privileged) throw clientException("Fargate does not support 'privileged' containers.");
    if (linuxParameters?.devices?.length) throw clientException("Fargate does not support 'devices'.");
    if (stopTimeout > 120) throw clientException("Fargate requires that 'stopTimeout' be at most 120 seconds.");
    if (startTimeout !== undefined && (startTimeout < 2 || startTimeout > 120)) {
      throw clientException("Fargate requires that 'startTimeout' be between 2 and 120 seconds.");
    }
    if (portMappings.some(({ hostPort, containerPort }) => hostPort && hostPort !== containerPort)) {
      throw clientException("When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
    }
  }
}

/** "1 vCPU", ".5 vCPU" and "2 GB" are accepted and stored as units and MiB. */
export function toUnits(value: string | undefined, unit: "vCPU" | "GB"): string | undefined {
  const written = value?.trim().match(/^(\d*\.?\d+)\s*(vcpu|gb)$/i);
  if (!written || written[2]?.toLowerCase() !== unit.toLowerCase()) return value;
  return String(Number(written[1]) * 1024);
}

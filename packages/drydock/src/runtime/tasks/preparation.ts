import { join } from "node:path";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { Region } from "../../region.ts";
import type { AddressBook } from "../network.ts";
import { type Architecture, type Driver, type Launch, type PulledImage, StartFailure } from "./driver.ts";
import { containerEnvironment } from "./environment.ts";
import { containerPorts, startedTask, type TaskRecord, taskDirectory } from "./record.ts";
import { readSecrets, type SecretVariables } from "./secrets.ts";
import { refuseUnsupported } from "./unsupported.ts";

/** What a task's containers need before they can start. Each thing is fetched once, also for a task taken up again. */
export class Preparation {
  private readonly region: Region;
  private readonly driver: Driver;
  private readonly addresses: AddressBook;
  private readonly record: TaskRecord;
  private readonly images = new Map<string, Promise<PulledImage>>();
  private secretVariables: Promise<SecretVariables> | undefined;

  constructor(surroundings: { region: Region; driver: Driver; addresses: AddressBook }, record: TaskRecord) {
    this.region = surroundings.region;
    this.driver = surroundings.driver;
    this.addresses = surroundings.addresses;
    this.record = record;
  }

  /** Refuses what isn't supported and reads the secrets. Throws a StartFailure. */
  async secrets(): Promise<SecretVariables> {
    refuseUnsupported(this.record.spec);
    this.secretVariables ??= readSecrets(this.region, this.record.spec.containerDefinitions);
    return this.secretVariables;
  }

  /** Pulls a container's image, by digest where it has been resolved. Throws a StartFailure. */
  image({ name = "", image = "" }: ContainerDefinition): Promise<PulledImage> {
    const reference = withDigest(image, this.record.spec.imageDigests[name]);
    const pulling =
      this.images.get(reference) ??
      this.driver.pull(reference, this.architecture).catch((error) => {
        throw new StartFailure(
          "CannotPullContainerError",
          `pull image manifest has been retried 1 time(s): failed to resolve ref ${reference}: ${error.message ?? error}`,
          name,
        );
      });
    this.images.set(reference, pulling);
    return pulling;
  }

  /** Gives every mapped container port a loopback port of this machine and writes it into the address book. */
  async ports(): Promise<void> {
    const { spec, containers } = this.record;
    for (const definition of spec.containerDefinitions) {
      const container = containers[definition.name ?? ""];
      for (const containerPort of containerPorts(definition)) {
        const real = await this.driver.address(startedTask(spec), () => this.addresses.realPorts());
        container?.ports.push({ containerPort, port: real.port });
        this.addresses.assign(spec.network.address, containerPort, real);
      }
    }
  }

  private get architecture(): Architecture {
    return this.record.spec.runtimePlatform?.cpuArchitecture === "ARM64" ? "arm64" : "amd64";
  }

  /** Everything the driver needs for one container. Throws a StartFailure. */
  async launch(definition: ContainerDefinition): Promise<Launch> {
    const { record, region } = this;
    const { name = "" } = definition;
    const secrets = await this.secrets();
    const image = await this.image(definition);
    const override = record.spec.overrides?.containerOverrides?.find((candidate) => candidate.name === name);
    const { runtimeId = "", ports = [] } = record.containers[name] ?? {};
    return {
      task: startedTask(record.spec),
      runtimeId,
      directory: join(taskDirectory(region, record.spec.taskArn), name),
      image,
      architecture: this.architecture,
      entryPoint: definition.entryPoint,
      command: override?.command ?? definition.command,
      workingDirectory: definition.workingDirectory,
      environment: containerEnvironment(region, record, definition, secrets[name] ?? {}),
      ports,
      neighbourPorts: Object.entries(record.containers).flatMap(([other, container]) =>
        other === name ? [] : container.ports,
      ),
    };
  }
}

/** `repository:tag` and a digest make `repository@digest`; a colon before a slash belongs to a port. */
function withDigest(image: string, digest: string | undefined): string {
  if (!digest || image.includes("@")) return image;
  return `${image.replace(/:[^:/]+$/, "")}@${digest}`;
}

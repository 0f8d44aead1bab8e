import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../../../clock.ts";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import { Store } from "../../../store/store.ts";
import { Vault } from "../../../store/vault.ts";
import { type CloudFormation, createCloudFormation } from "../cloudformation.ts";
import type { Client } from "../operations/index.ts";
import { cloudFormationOperations } from "../operations/index.ts";
import { boolean, inPlace, list, replacement, tags, text } from "./properties.ts";
import { defineResourceType, type ResourceTypes } from "./resource-type.ts";

type Step = "create" | "update" | "delete";

export interface Thing {
  logicalId: string;
  kind: string | undefined;
  value: string | undefined;
  uses: string[];
  tags: Record<string, string>;
}

const vault = createVault();

/** The key is read once, so its file isn't needed any more. */
function createVault(): Vault {
  const directory = mkdtempSync(join(tmpdir(), "cloudformation-"));
  try {
    return new Vault(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * A world with one type of resource, Test::Thing: `Kind` needs a new resource when it changes, `Value` and `Uses` don't.
 * As in a real one, a thing that another one uses can't be deleted.
 */
export class FakeWorld {
  readonly things = new Map<string, Thing>();
  readonly store = new Store();
  /** Parameters and secrets, for the calls to SSM and Secrets Manager. */
  readonly parameters = new Map<string, string>();
  /** Steps that fail, as `<step> <logical id>`. */
  readonly failing = new Set<string>();
  /** Steps done so far, as `<step> <logical id>`. */
  readonly done: string[] = [];
  /** Called before each step takes effect and after it has. */
  interfere: (step: string, when: "before" | "after") => Promise<void> = async () => {};
  clock: Clock = systemClock;
  private made = 0;

  /** CloudFormation over this world; a second one takes up what the first has left in the store. */
  start(): { service: CloudFormation; call: Required<Operations<Client>> } {
    const service = createCloudFormation(this.region(), this.types());
    return { service, call: cloudFormationOperations(service) as Required<Operations<Client>> };
  }

  private types(): ResourceTypes {
    const type = this.thingType();
    return { load: async (name) => (name === "Test::Thing" ? type : undefined) };
  }

  private async step(step: Step, logicalId: string, effect: () => void): Promise<void> {
    const name = `${step} ${logicalId}`;
    await this.interfere(name, "before");
    if (this.failing.has(name)) throw new AwsError("Refused", `${name} is refused`);
    effect();
    this.done.push(name);
    await this.interfere(name, "after");
  }

  private thingType() {
    return defineResourceType({
      properties: {
        Kind: replacement(text),
        Name: replacement(text),
        Secret: inPlace(text),
        Snapshot: inPlace(boolean),
        Tags: inPlace(tags),
        Uses: inPlace(list(text)),
        Value: inPlace(text),
      },
      unsupported: ["Later"],
      attributes: ["Value", "Shout"],
      nameProperty: "Name",
      create: async ({ logicalId, properties, tags, generatedName, made }) => {
        const id = properties.Name ?? `${generatedName(60)}-${++this.made}`;
        await this.step("create", logicalId, () => {
          this.put(id, logicalId, properties, tags);
          made(id);
        });
        return id;
      },
      read: async ({ properties }) => ({ Value: properties.Value, Shout: `${properties.Value ?? ""}!` }),
      update: async ({ logicalId, physicalId, properties, tags, changed }) => {
        // As real types do: what hasn't changed isn't put again.
        await this.step("update", logicalId, () => this.put(physicalId, logicalId, properties, tags, changed));
        return undefined;
      },
      delete: async ({ logicalId, physicalId }, { snapshot }) => {
        if (snapshot) this.done.push(`snapshot ${logicalId}`);
        await this.step("delete", logicalId, () => {
          const user = [...this.things.values()].find(({ uses }) => uses.includes(physicalId));
          if (user) throw new AwsError("DependencyViolation", `${physicalId} is used by ${user.logicalId}`);
          this.things.delete(physicalId);
        });
      },
      hasSnapshots: true,
    });
  }

  private put(
    id: string,
    logicalId: string,
    properties: { Kind?: string; Value?: string; Secret?: string; Uses?: string[] },
    tags: { Key: string; Value: string }[],
    changed: ReadonlySet<string> = new Set(["Kind", "Value", "Secret", "Uses"]),
  ): void {
    const missing = properties.Uses?.find((used) => !this.things.has(used));
    if (missing !== undefined) throw new AwsError("NotFound", `${logicalId} uses ${missing}, which isn't there`);
    const before = this.things.get(id);
    const take = <T>(name: string, now: T, then: T | undefined) => (changed.has(name) || !before ? now : (then ?? now));
    this.things.set(id, {
      logicalId,
      kind: take("Kind", properties.Kind, before?.kind),
      value: take(
        properties.Secret === undefined ? "Value" : "Secret",
        properties.Secret ?? properties.Value,
        before?.value,
      ),
      uses: take("Uses", properties.Uses ?? [], before?.uses),
      tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
    });
  }

  private region(): Region {
    const services: Record<string, unknown> = {
      ec2: { DescribeAvailabilityZones: async () => ({ AvailabilityZones: [{ ZoneName: "eu-west-1a" }] }) },
      ssm: {
        GetParameter: async ({ Name }: { Name: string }) => {
          const Value = this.parameters.get(Name);
          if (Value === undefined) throw new AwsError("ParameterNotFound", `Parameter ${Name} not found.`);
          return { Parameter: { Name, Value, Type: "String" } };
        },
      },
      secretsmanager: {
        GetSecretValue: async ({ SecretId }: { SecretId: string }) => ({ SecretString: this.parameters.get(SecretId) }),
      },
    };
    return {
      name: "eu-west-1",
      accountId: "123456789012",
      endpoint: new URL("http://127.0.0.1/"),
      directory: "",
      store: this.store,
      vault,
      clock: this.clock,
      log: () => {},
      call: ((name: string) => services[name]) as Region["call"],
      onClose: () => {},
    };
  }
}

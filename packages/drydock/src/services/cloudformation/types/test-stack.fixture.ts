import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import type { TestDrydock } from "../../../testing.ts";

const pollMilliseconds = 20;

/** A stack as its resource types' tests use it: each call ends when the stack has settled. */
export class TestStack {
  private readonly client: CloudFormationClient;
  private readonly name: string;
  private id = "";

  constructor(drydock: TestDrydock, name: string) {
    this.client = drydock.client(CloudFormationClient);
    this.name = name;
  }

  async create(resources: object, outputs: Record<string, unknown> = {}): Promise<Record<string, string>> {
    const { StackId = "" } = await this.client.send(
      new CreateStackCommand({ ...this.input(resources, outputs), StackName: this.name }),
    );
    this.id = StackId;
    return this.reach("CREATE_COMPLETE");
  }

  async update(resources: object, outputs: Record<string, unknown> = {}): Promise<Record<string, string>> {
    await this.client.send(new UpdateStackCommand(this.input(resources, outputs)));
    return this.reach("UPDATE_COMPLETE");
  }

  async delete(): Promise<void> {
    await this.client.send(new DeleteStackCommand({ StackName: this.id }));
    await this.reach("DELETE_COMPLETE");
  }

  /** Physical ids by logical id. */
  async physicalIds(): Promise<Record<string, string>> {
    const { StackResources = [] } = await this.client.send(new DescribeStackResourcesCommand({ StackName: this.id }));
    return Object.fromEntries(StackResources.map((each) => [each.LogicalResourceId, each.PhysicalResourceId ?? ""]));
  }

  private input(resources: object, outputs: Record<string, unknown>) {
    const Outputs = Object.fromEntries(Object.entries(outputs).map(([key, Value]) => [key, { Value }]));
    return {
      StackName: this.id,
      TemplateBody: JSON.stringify({ Resources: resources, Outputs }),
      Capabilities: ["CAPABILITY_NAMED_IAM" as const],
    };
  }

  /** Waits for the end of an operation, then checks that it is the one wanted; the outputs. */
  private async reach(wanted: string): Promise<Record<string, string>> {
    for (;;) {
      const { Stacks = [] } = await this.client.send(new DescribeStacksCommand({ StackName: this.id }));
      const { StackStatus = "", Outputs = [] } = Stacks[0] ?? {};
      if (StackStatus === wanted)
        return Object.fromEntries(Outputs.map((each) => [each.OutputKey, each.OutputValue ?? ""]));
      if (!StackStatus.endsWith("_IN_PROGRESS")) throw new Error(`${StackStatus}: ${await this.failures()}`);
      await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    }
  }

  private async failures(): Promise<string> {
    const { StackEvents = [] } = await this.client.send(new DescribeStackEventsCommand({ StackName: this.id }));
    return StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith("_FAILED"))
      .map((event) => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`)
      .join("; ");
  }
}

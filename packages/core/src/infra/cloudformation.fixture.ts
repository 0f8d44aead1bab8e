import type { Change, Stack as DescribedStack, StackEvent, StackResource } from "@aws-sdk/client-cloudformation";
import type { Aws } from "../aws/clients.ts";
import { wrapAwsError } from "../aws/errors.ts";
import { FardelError } from "../errors.ts";

export interface FakeStack extends Partial<DescribedStack> {
  StackName: string;
  StackStatus: DescribedStack["StackStatus"];
}

/** How the next change set of the fake ends, and its execution. */
export interface Script {
  /** Default: one change. */
  changes?: Change[];
  /** Somebody else's operation begins before the change set is made: the stack's status from then on. */
  overtakenBy?: DescribedStack["StackStatus"];
  /** The change set fails with this. */
  refusal?: string;
  /** What the resources go through when it is executed: id, status, reason. */
  events?: [string, string, string?][];
  /** Default: `CREATE_COMPLETE` or `UPDATE_COMPLETE`. */
  end?: string;
  /** What the SDK throws instead of executing it. */
  unexecuted?: Error;
}

/** CloudFormation as the deployer sees it, for states and failures that a real region reaches only by luck. */
export class FakeCloudFormation {
  readonly stacks = new Map<string, FakeStack>();
  /** Operation and stack, in order, without the reading ones. */
  readonly writes: string[] = [];
  readonly events = new Map<string, StackEvent[]>();
  /** Bodies or URLs as given; the last one is what GetTemplate answers. */
  readonly templates: string[] = [];
  /** What each stack holds, by its name. */
  readonly resources = new Map<string, Partial<StackResource>[]>();
  script: Script = {};
  private changeSetType = "";
  private name = "";

  constructor(...stacks: FakeStack[]) {
    for (const stack of stacks) {
      this.stacks.set(stack.StackName, { StackId: idOf(stack.StackName), ...stack });
      this.events.set(idOf(stack.StackName), [stackEvent(stack.StackName, "CREATE_COMPLETE")]);
    }
  }

  get aws(): Aws {
    const target = { environment: "production", region: "eu-west-1" };
    return { target, cloudFormation: this } as unknown as Aws;
  }

  async describeStacks({ StackName }: { StackName: string }) {
    const stack = [...this.stacks.values()].find((each) => [each.StackName, each.StackId].includes(StackName));
    if (!stack) throw new FardelError("AWS_ValidationError", "CloudFormation DescribeStacks failed: ValidationError");
    return { Stacks: [stack] };
  }

  async describeStackResources(input: { StackName: string }) {
    const { Stacks } = await this.describeStacks(input);
    return { StackResources: Stacks.flatMap((stack) => this.resources.get(stack.StackName) ?? []) };
  }

  async createChangeSet(input: {
    StackName: string;
    ChangeSetType: string;
    TemplateBody?: string;
    TemplateURL?: string;
  }) {
    this.writes.push(`CreateChangeSet ${input.ChangeSetType} ${input.StackName}`);
    const { overtakenBy } = this.script;
    if (overtakenBy !== undefined) {
      const stack = { StackName: input.StackName, StackId: idOf(input.StackName), StackStatus: overtakenBy };
      this.stacks.set(input.StackName, stack);
      throw new FardelError("AWS_ValidationError", "CloudFormation CreateChangeSet failed: ValidationError");
    }
    this.templates.push(input.TemplateBody ?? input.TemplateURL ?? "");
    this.changeSetType = input.ChangeSetType;
    this.name = input.StackName;
    return { Id: "change-set", StackId: idOf(input.StackName) };
  }

  async describeChangeSet() {
    const { refusal, changes = [{ ResourceChange: { Action: "Add", LogicalResourceId: "Bucket" } }] } = this.script;
    return refusal ? { Status: "FAILED", StatusReason: refusal } : { Status: "CREATE_COMPLETE", Changes: changes };
  }

  async getTemplate() {
    return { TemplateBody: this.templates.at(-1) };
  }

  async deleteChangeSet() {
    this.writes.push("DeleteChangeSet");
  }

  async executeChangeSet() {
    this.writes.push("ExecuteChangeSet");
    if (this.script.unexecuted) {
      const call = { target: this.aws.target, service: "CloudFormation", operation: "ExecuteChangeSet", input: {} };
      throw wrapAwsError(this.script.unexecuted, call);
    }
    const action = this.changeSetType;
    const end = this.script.end ?? `${action}_COMPLETE`;
    this.finish(end, [
      stackEvent(this.name, `${action}_IN_PROGRESS`),
      ...(this.script.events ?? []).map(([id, status, reason]) => resourceEvent(this.name, id, status, reason)),
      stackEvent(this.name, end),
    ]);
  }

  async deleteStack({ StackName }: { StackName: string }) {
    this.name = this.stacks.values().find((each) => each.StackId === StackName)?.StackName ?? StackName;
    this.writes.push(`DeleteStack ${this.name}`);
    const end = this.script.end?.startsWith("DELETE") ? this.script.end : "DELETE_COMPLETE";
    this.finish(end, [stackEvent(this.name, "DELETE_IN_PROGRESS"), stackEvent(this.name, end)]);
  }

  private finish(status: string, events: StackEvent[]): void {
    const id = idOf(this.name);
    this.events.set(id, [...(this.events.get(id) ?? []), ...events]);
    this.stacks.set(this.name, {
      ...this.stacks.get(this.name),
      StackName: this.name,
      StackId: id,
      StackStatus: status as DescribedStack["StackStatus"],
      Outputs: [{ OutputKey: "StateBucket", OutputValue: "bucket" }],
    });
  }

  async describeStackEvents({ StackName }: { StackName: string }) {
    return { StackEvents: [...(this.events.get(StackName) ?? [])].reverse() };
  }

  async *paginateDescribeStackEvents(input: { StackName: string }) {
    yield await this.describeStackEvents(input);
  }

  async *paginateListStackResources() {
    yield { StackResourceSummaries: [{}, {}] };
  }

  async updateTerminationProtection({ StackName }: { StackName: string }) {
    this.writes.push(`UpdateTerminationProtection ${StackName}`);
  }

  async setStackPolicy({ StackName }: { StackName: string }) {
    this.writes.push(`SetStackPolicy ${StackName}`);
  }
}

function idOf(name: string): string {
  return `arn:aws:cloudformation:eu-west-1:123456789012:stack/${name}/1`;
}

let eventCount = 0;

function stackEvent(name: string, status: string): StackEvent {
  return {
    ...resourceEvent(name, name, status),
    PhysicalResourceId: idOf(name),
    ResourceType: "AWS::CloudFormation::Stack",
  };
}

function resourceEvent(stack: string, id: string, status: string, reason?: string): StackEvent {
  eventCount += 1;
  return {
    StackId: idOf(stack),
    StackName: stack,
    EventId: `event-${eventCount}`,
    Timestamp: new Date(0),
    LogicalResourceId: id,
    PhysicalResourceId: `${id}-1`,
    ResourceType: "AWS::S3::Bucket",
    ResourceStatus: status as StackEvent["ResourceStatus"],
    ...(reason && { ResourceStatusReason: reason }),
  };
}

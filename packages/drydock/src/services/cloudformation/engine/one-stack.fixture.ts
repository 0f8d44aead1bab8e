import { FakeWorld } from "./fake-world.fixture.ts";

export let world: FakeWorld;
export let cloud: ReturnType<FakeWorld["start"]>;
export const caller = { accessKeyId: undefined, requestId: "test" };

/** A new world, with CloudFormation over it. */
export function begin(): void {
  world = new FakeWorld();
  restart();
}

/** CloudFormation anew over the same world. */
export function restart(): void {
  cloud = world.start();
}

export const thing = (properties: object = {}, rest: object = {}) => ({
  Type: "Test::Thing",
  Properties: properties,
  ...rest,
});
export const body = (resources: object, rest: object = {}) => JSON.stringify({ Resources: resources, ...rest });

type Extra = Partial<Parameters<typeof cloud.call.CreateStack>[0]>;

export async function create(resources: object, rest: object = {}, extra: Extra = {}): Promise<string> {
  const { StackId = "" } = await cloud.call.CreateStack(
    { StackName: "app", TemplateBody: body(resources, rest), ...extra },
    caller,
  );
  await cloud.service.engine.ended(StackId);
  return StackId;
}

export async function update(resources: object, rest: object = {}, extra: object = {}): Promise<void> {
  const input = { StackName: "app", TemplateBody: body(resources, rest), ...extra };
  const { StackId = "" } = await cloud.call.UpdateStack(input, caller);
  await cloud.service.engine.ended(StackId);
}

export async function remove(extra: object = {}): Promise<void> {
  const { id } = cloud.service.repository.get("app");
  await cloud.call.DeleteStack({ StackName: "app", ...extra }, caller);
  await cloud.service.engine.ended(id);
}

export async function stack(name = "app") {
  const { Stacks = [] } = await cloud.call.DescribeStacks({ StackName: name }, caller);
  return Stacks[0];
}

export async function status(name = "app") {
  return (await stack(name))?.StackStatus;
}

/** `[logical id, status, reason]`, oldest first. */
export async function events() {
  const { StackEvents = [] } = await cloud.call.DescribeStackEvents({ StackName: "app" }, caller);
  return StackEvents.reverse().map((event) => [
    event.LogicalResourceId,
    event.ResourceStatus,
    event.ResourceStatusReason,
  ]);
}

export const values = () =>
  Object.fromEntries([...world.things.values()].map(({ logicalId, value }) => [logicalId, value]));

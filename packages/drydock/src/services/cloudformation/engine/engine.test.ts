import { beforeEach, describe, expect, test } from "vitest";
import {
  begin,
  body,
  caller,
  cloud,
  create,
  events,
  remove,
  restart,
  stack,
  status,
  thing,
  update,
  values,
  world,
} from "./one-stack.fixture.ts";

beforeEach(begin);

describe("create", () => {
  test("makes resources in the order of their dependencies and answers references", async () => {
    await create({
      Last: thing({ Value: { "Fn::Sub": "${Middle.Shout}" }, Uses: [{ Ref: "Middle" }] }),
      Middle: thing({ Value: { "Fn::GetAtt": ["First", "Value"] } }, { DependsOn: "First" }),
      First: thing({ Value: "hello" }),
    });
    expect(world.done).toEqual(["create First", "create Middle", "create Last"]);
    expect(values()).toEqual({ First: "hello", Middle: "hello", Last: "hello!" });
    expect(await status()).toBe("CREATE_COMPLETE");
  });

  test("tells of every step", async () => {
    await create({ Thing: thing({ Value: "a" }) });
    expect(await events()).toEqual([
      ["app", "CREATE_IN_PROGRESS", "User Initiated"],
      ["Thing", "CREATE_IN_PROGRESS", undefined],
      ["Thing", "CREATE_IN_PROGRESS", "Resource creation Initiated"],
      ["Thing", "CREATE_COMPLETE", undefined],
      ["app", "CREATE_COMPLETE", undefined],
    ]);
  });

  test("gives resources the stack's tags, their own over them, and CloudFormation's", async () => {
    const id = await create(
      { Thing: thing({ Tags: [{ Key: "team", Value: "own" }] }) },
      {},
      {
        Tags: [
          { Key: "team", Value: "stack" },
          { Key: "stage", Value: "test" },
        ],
      },
    );
    expect([...world.things.values()][0]?.tags).toEqual({
      team: "own",
      stage: "test",
      "aws:cloudformation:logical-id": "Thing",
      "aws:cloudformation:stack-id": id,
      "aws:cloudformation:stack-name": "app",
    });
  });

  test("that fails deletes what it made", async () => {
    world.failing.add("create B");
    await create({ A: thing(), B: thing({ Uses: [{ Ref: "A" }] }), C: thing({ Uses: [{ Ref: "B" }] }) });
    expect(world.things.size).toBe(0);
    expect(world.done).toEqual(["create A", "delete A"]);
    expect(await status()).toBe("ROLLBACK_COMPLETE");
    expect((await events()).filter(([, state]) => /FAILED|ROLLBACK_IN/.test(state ?? ""))).toEqual([
      ["B", "CREATE_FAILED", "create B is refused (Service error code: Refused)"],
      ["app", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [B]. Rollback requested by user."],
    ]);
  });

  test("that fails leaves everything with OnFailure DO_NOTHING, and nothing at all with DELETE", async () => {
    world.failing.add("create B");
    const resources = { A: thing(), B: thing({}, { DependsOn: "A" }) };
    await create(resources, {}, { OnFailure: "DO_NOTHING" });
    expect(await status()).toBe("CREATE_FAILED");
    expect(world.things.size).toBe(1);
    await remove();
    const id = await create(resources, {}, { OnFailure: "DELETE" });
    expect(await status(id)).toBe("DELETE_COMPLETE");
    expect(world.things.size).toBe(0);
  });

  test("keeps what is to be retained, but not with RetainExceptOnCreate, when it fails", async () => {
    world.failing.add("create C");
    await create({
      A: thing({}, { DeletionPolicy: "Retain" }),
      B: thing({}, { DeletionPolicy: "RetainExceptOnCreate" }),
      C: thing({}, { DependsOn: ["A", "B"] }),
    });
    expect(Object.keys(values())).toEqual(["A"]);
  });

  test("breaks off what else is being made", async () => {
    let failB = () => {};
    const started = new Promise<void>((resolve) => {
      world.interfere = async (step, when) => {
        if (step === "create A" && when === "after") {
          resolve();
          await new Promise<void>((go) => {
            failB = go;
          });
          throw new Error("the wait was broken off");
        }
        if (step === "create B" && when === "before") await started;
      };
    });
    world.failing.add("create B");
    const creation = create({ A: thing(), B: thing() });
    await started;
    await new Promise((resolve) => setImmediate(resolve));
    failB();
    await creation;
    expect((await events()).filter(([, state]) => state === "CREATE_FAILED")).toEqual([
      ["B", "CREATE_FAILED", "create B is refused (Service error code: Refused)"],
      ["A", "CREATE_FAILED", "Resource creation cancelled"],
    ]);
    expect(world.things.size).toBe(0);
  });

  test("of a stack that is there is refused; the same request again isn't another one", async () => {
    const id = await create({ A: thing() }, {}, { ClientRequestToken: "once" });
    expect(await create({ A: thing() }, {}, { ClientRequestToken: "once" })).toBe(id);
    await expect(create({ A: thing() })).rejects.toThrow("Stack [app] already exists");
    expect(world.done).toEqual(["create A"]);
  });

  test("with a property there isn't fails as AWS does", async () => {
    await create({ A: thing({ Colour: "red", Later: 1 }) });
    expect((await events()).find(([, state]) => state === "CREATE_FAILED")?.[2]).toBe(
      "Properties validation failed for resource A with message:\n#: extraneous key [Colour] is not permitted\n#: drydock does not support the property [Later] of Test::Thing",
    );
  });
});

describe("update", () => {
  test("changes in place what can be, replaces what can't, deletes what is gone, in that order", async () => {
    await create({ A: thing({ Kind: "x" }), B: thing({ Uses: [{ Ref: "A" }] }), C: thing({ Value: "1" }), D: thing() });
    const [firstA] = world.things.keys();
    world.done.length = 0;
    await update({ A: thing({ Kind: "y" }), B: thing({ Uses: [{ Ref: "A" }] }), C: thing({ Value: "2" }) });
    expect(world.done.slice(0, 3).sort()).toEqual(["create A", "update B", "update C"]);
    expect(world.done.slice(3).sort()).toEqual(["delete A", "delete D"]);
    expect(world.things.has(firstA ?? "")).toBe(false);
    expect(await status()).toBe("UPDATE_COMPLETE");
    const { StackResources = [] } = await cloud.call.DescribeStackResources({ StackName: "app" }, caller);
    expect(StackResources.map((each) => [each.LogicalResourceId, each.ResourceStatus])).toEqual([
      ["A", "UPDATE_COMPLETE"],
      ["B", "UPDATE_COMPLETE"],
      ["C", "UPDATE_COMPLETE"],
    ]);
  });

  test("with nothing to do is refused", async () => {
    await create({ A: thing({ Value: 80 }) });
    await expect(update({ A: thing({ Value: "80" }) })).rejects.toThrow("No updates are to be performed.");
  });

  test("of outputs alone is one", async () => {
    await create({ A: thing({ Value: "v" }) });
    await update({ A: thing({ Value: "v" }) }, { Outputs: { O: { Value: { "Fn::GetAtt": ["A", "Value"] } } } });
    expect((await stack())?.Outputs).toEqual([{ OutputKey: "O", OutputValue: "v" }]);
    expect(world.done).toEqual(["create A"]);
  });

  test("that fails puts everything back", async () => {
    await create({ A: thing({ Kind: "x" }), B: thing({ Value: "1", Uses: [{ Ref: "A" }] }), C: thing({ Value: "1" }) });
    const before = new Map(world.things);
    world.failing.add("create D");
    await update({
      A: thing({ Kind: "y" }),
      B: thing({ Value: "2", Uses: [{ Ref: "A" }] }),
      D: thing({}, { DependsOn: ["A", "B"] }),
    });
    expect(world.things).toEqual(before);
    expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    const stackEvents = (await events()).filter(([id]) => id === "app").map(([, ...rest]) => rest);
    expect(stackEvents.slice(2)).toEqual([
      ["UPDATE_IN_PROGRESS", "User Initiated"],
      ["UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [D]. "],
      ["UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", undefined],
      ["UPDATE_ROLLBACK_COMPLETE", undefined],
    ]);
  });

  test("whose rollback fails can be continued, skipping what can't be mended", async () => {
    await create({ A: thing({ Value: "1" }), B: thing() });
    world.interfere = async (step, when) => {
      if (step === "update A" && when === "after") world.failing.add("update A").add("create C");
    };
    await update({ A: thing({ Value: "2" }), B: thing(), C: thing({}, { DependsOn: "A" }) });
    expect(await status()).toBe("UPDATE_ROLLBACK_FAILED");
    await cloud.call.ContinueUpdateRollback({ StackName: "app" }, caller);
    expect(await status()).toBe("UPDATE_ROLLBACK_FAILED");
    await cloud.call.ContinueUpdateRollback({ StackName: "app", ResourcesToSkip: ["A"] }, caller);
    expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect(values()).toEqual({ A: "2", B: undefined });
  });

  test("can be halted on failure and rolled back by hand", async () => {
    await create({ A: thing({ Value: "1" }) });
    world.failing.add("create B");
    await update({ A: thing({ Value: "2" }), B: thing({}, { DependsOn: "A" }) }, {}, { DisableRollback: true });
    expect([await status(), values()]).toEqual(["UPDATE_FAILED", { A: "2" }]);
    await cloud.call.RollbackStack({ StackName: "app" }, caller);
    expect([await status(), values()]).toEqual(["UPDATE_ROLLBACK_COMPLETE", { A: "1" }]);
  });

  test("can't replace a resource that keeps its name", async () => {
    await create({ A: thing({ Name: "fixed", Kind: "x" }) });
    await update({ A: thing({ Name: "fixed", Kind: "y" }) });
    expect((await events()).find(([, state]) => state === "UPDATE_FAILED")?.[2]).toBe(
      "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename fixed and update the stack again.",
    );
    expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
  });

  test("keeps what UpdateReplacePolicy and DeletionPolicy retain", async () => {
    const kept = { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" };
    await create({ A: thing({ Kind: "x" }, kept), B: thing({}, kept) });
    await update({ A: thing({ Kind: "y" }, kept) });
    expect([...world.things.values()].map(({ logicalId, kind }) => `${logicalId}${kind ?? ""}`).sort()).toEqual([
      "Ax",
      "Ay",
      "B",
    ]);
    expect((await events()).filter(([, state]) => state === "DELETE_SKIPPED").map(([id]) => id)).toEqual(["A", "B"]);
  });

  test("asks the stack policy", async () => {
    const policy = (...statements: object[]) => JSON.stringify({ Statement: statements });
    const allow = { Effect: "Allow", Principal: "*", Action: "Update:*", Resource: "*" };
    const deny = {
      Effect: "Deny",
      Principal: "*",
      Action: ["Update:Replace", "Update:Delete"],
      Resource: "LogicalResourceId/A",
    };
    await create({ A: thing({ Kind: "x", Value: "1" }), B: thing() }, {}, { StackPolicyBody: policy(allow, deny) });
    await update({ A: thing({ Kind: "x", Value: "2" }), B: thing() });
    expect(await status()).toBe("UPDATE_COMPLETE");
    await update({ A: thing({ Kind: "y", Value: "2" }), B: thing() });
    await update({ B: thing({ Value: "3" }) });
    expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
    const denied = (await events()).filter(([, state]) => state === "UPDATE_FAILED").map(([, , reason]) => reason);
    expect(denied).toEqual([
      "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/A];",
      "Action denied by stack policy: Statement [#2] does not allow [Update:Delete] for resource [LogicalResourceId/A];",
    ]);
    await update(
      { A: thing({ Kind: "y", Value: "2" }), B: thing() },
      {},
      { StackPolicyDuringUpdateBody: policy(allow) },
    );
    expect(await status()).toBe("UPDATE_COMPLETE");
  });
});

describe("delete", () => {
  test("deletes what needs others before them, snapshots first", async () => {
    await create({
      A: thing({}, { DeletionPolicy: "Snapshot" }),
      B: thing({ Uses: [{ Ref: "A" }] }),
      C: thing({ Uses: [{ Ref: "B" }] }),
    });
    const { id } = cloud.service.repository.get("app");
    world.done.length = 0;
    await remove();
    expect(world.done).toEqual(["delete C", "delete B", "snapshot A", "delete A"]);
    await expect(stack()).rejects.toThrow("Stack with id app does not exist");
    expect(await status(id)).toBe("DELETE_COMPLETE");
  });

  test("that fails can be done again, leaving resources alone", async () => {
    await create({ A: thing(), B: thing({ Uses: [{ Ref: "A" }] }), C: thing() });
    world.failing.add("delete B");
    await expect(remove({ RetainResources: ["B"] })).rejects.toThrow(
      "only when the stack is in the DELETE_FAILED state",
    );
    await remove();
    expect((await stack())?.StackStatusReason).toBe("The following resource(s) failed to delete: [B]. ");
    expect(Object.keys(values())).toEqual(["A", "B"]);
    for (const each of world.things.values()) each.uses = [];
    await remove({ RetainResources: ["B"] });
    expect(Object.keys(values())).toEqual(["B"]);
  });

  test("is refused with termination protection, and for an export in use", async () => {
    await create(
      { A: thing() },
      { Outputs: { O: { Value: "v", Export: { Name: "shared" } } } },
      { EnableTerminationProtection: true },
    );
    await expect(remove()).rejects.toThrow("Stack [app] cannot be deleted while TerminationProtection is enabled");
    await cloud.call.UpdateTerminationProtection({ StackName: "app", EnableTerminationProtection: false }, caller);
    const user = body({ U: thing({ Value: { "Fn::ImportValue": "shared" } }) });
    await cloud.call.CreateStack({ StackName: "user", TemplateBody: user }, caller);
    expect((await cloud.call.ListImports({ ExportName: "shared" }, caller)).Imports).toEqual(["user"]);
    await remove();
    expect((await stack())?.StackStatusReason).toBe(
      "Delete canceled. Cannot delete export shared as it is in use by user.",
    );
    expect(Object.keys(values()).sort()).toEqual(["A", "U"]);
  });

  test("of a stack being made breaks that off", async () => {
    let go = () => {};
    const reached = new Promise<void>((resolve) => {
      world.interfere = (step, when) =>
        step === "create A" && when === "after"
          ? new Promise<void>((proceed) => {
              go = proceed;
              resolve();
            })
          : Promise.resolve();
    });
    const creation = create({ A: thing(), B: thing({}, { DependsOn: "A" }) });
    await reached;
    const { id } = cloud.service.repository.get("app");
    const deletion = remove();
    go();
    await Promise.all([creation, deletion]);
    expect(world.done).toEqual(["create A", "delete A"]);
    expect(await status(id)).toBe("DELETE_COMPLETE");
  });
});

test("an update that is cancelled puts everything back", async () => {
  await create({ A: thing({ Value: "1" }), B: thing({ Value: "1" }, { DependsOn: "A" }) });
  world.interfere = async (step, when) => {
    if (step !== "update A" || when !== "after") return;
    world.interfere = async () => {};
    await cloud.call.CancelUpdateStack({ StackName: "app" }, caller);
  };
  await update({ A: thing({ Value: "2" }), B: thing({ Value: "2" }, { DependsOn: "A" }) });
  expect(values()).toEqual({ A: "1", B: "1" });
  expect(world.done).not.toContain("update B");
  expect((await events()).find(([, state]) => state === "UPDATE_ROLLBACK_IN_PROGRESS")?.[2]).toBe("User Initiated. ");
  await expect(async () => cloud.call.CancelUpdateStack({ StackName: "app" }, caller)).rejects.toThrow(
    "CancelUpdateStack cannot be called from current stack status",
  );
});

test("a create that takes too long is rolled back", async () => {
  let tick = () => {};
  world.clock = {
    now: () => 0,
    after: (_delay, callback) => {
      tick = callback;
      return () => {};
    },
  };
  restart();
  world.interfere = async (step, when) => {
    if (step === "create A" && when === "after") tick();
  };
  await create({ A: thing(), B: thing({}, { DependsOn: "A" }) }, {}, { TimeoutInMinutes: 1 });
  expect([await status(), world.things.size]).toEqual(["ROLLBACK_COMPLETE", 0]);
  expect((await events()).find(([, state]) => state === "ROLLBACK_IN_PROGRESS")?.[2]).toBe(
    "Stack creation time exceeded the specified timeout. Rollback requested by user.",
  );
});

test("what is set on a stack while something is done to it stays", async () => {
  await create({ A: thing({ Value: "1" }) });
  world.interfere = async (step, when) => {
    if (step === "update A" && when === "before")
      await cloud.call.UpdateTerminationProtection({ StackName: "app", EnableTerminationProtection: true }, caller);
  };
  await update({ A: thing({ Value: "2" }) });
  expect((await stack())?.EnableTerminationProtection).toBe(true);
});

test("a delete that comes in during a rollback isn't lost", async () => {
  world.failing.add("create B");
  let deletion: Promise<unknown> = Promise.resolve();
  world.interfere = async (step, when) => {
    if (step === "delete A" && when === "before") {
      world.interfere = async () => {};
      deletion = Promise.resolve(cloud.call.DeleteStack({ StackName: "app" }, caller));
    }
  };
  const id = await create({ A: thing(), B: thing({}, { DependsOn: "A" }) });
  await deletion;
  await cloud.service.engine.ended(id);
  expect(await status(id)).toBe("DELETE_COMPLETE");
});

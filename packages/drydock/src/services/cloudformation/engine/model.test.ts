import fc from "fast-check";
import { expect, test } from "vitest";
import { FakeWorld } from "./fake-world.fixture.ts";

const caller = { accessKeyId: undefined, requestId: "test" };

/** A thing of a template; `uses` are positions of earlier things, so that there is never a circle. */
interface Wish {
  kind: "x" | "y";
  value: "1" | "2" | "3";
  uses: number[];
}

const wish: fc.Arbitrary<Wish> = fc.record({
  kind: fc.constantFrom("x", "y"),
  value: fc.constantFrom("1", "2", "3"),
  uses: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
});

/** Which of five things a template has; the same position is the same logical id in every template. */
const wishes = fc
  .array(fc.option(wish, { nil: undefined, freq: 3 }), { minLength: 5, maxLength: 5 })
  .filter((list) => list.some((each) => each !== undefined));

const failures = fc.uniqueArray(
  fc.tuple(fc.constantFrom("create", "update"), fc.nat(4)).map(([step, index]) => `${step} T${index}`),
  { maxLength: 2 },
);

type Wishes = (Wish | undefined)[];

/** What each thing uses: earlier ones that the template has. */
function used(list: Wishes, index: number): number[] {
  return (list[index]?.uses ?? []).filter((other) => other < index && list[other] !== undefined).sort();
}

function body(list: Wishes): string {
  const resources = list.flatMap((each, index) =>
    each
      ? [
          [
            `T${index}`,
            {
              Type: "Test::Thing",
              Properties: {
                Kind: each.kind,
                Value: each.value,
                Uses: used(list, index).map((other) => ({ Ref: `T${other}` })),
              },
            },
          ],
        ]
      : [],
  );
  return JSON.stringify({ Resources: Object.fromEntries(resources) });
}

/** What there should be, without physical ids: each thing by its logical id and those of what it uses. */
function wanted(list: Wishes): string[] {
  return list
    .flatMap((each, index) =>
      each ? [`T${index} ${each.kind}${each.value} ${used(list, index).map((other) => `T${other}`)}`] : [],
    )
    .sort();
}

function found(world: FakeWorld): string[] {
  const name = (id: string) => world.things.get(id)?.logicalId ?? `a lost ${id}`;
  return [...world.things.values()]
    .map(({ logicalId, kind, value, uses }) => `${logicalId} ${kind}${value} ${uses.map(name).sort()}`)
    .sort();
}

test("whatever fails, a stack is as it was or as it is to be, and leaves nothing when it is deleted", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      wishes,
      failures,
      fc.array(fc.tuple(wishes, failures), { maxLength: 4 }),
      async (first, failing, later) => {
        const world = new FakeWorld();
        const { service, call } = world.start();
        const fail = (steps: string[]) => {
          world.failing.clear();
          for (const step of steps) world.failing.add(step);
          // What fails once works again when it is undone: a rollback that fails is another story.
          world.interfere = async (step, when) => {
            if (when === "before" && service.repository.find("app")?.status.includes("ROLLBACK"))
              world.failing.delete(step);
          };
        };
        fail(failing);
        const { StackId = "" } = await call.CreateStack({ StackName: "app", TemplateBody: body(first) }, caller);
        await service.engine.ended(StackId);
        let { status } = service.repository.get(StackId);
        let now: Wishes = status === "CREATE_COMPLETE" ? first : [];
        expect(["CREATE_COMPLETE", "ROLLBACK_COMPLETE"]).toContain(status);
        expect(found(world)).toEqual(wanted(now));
        if (status === "CREATE_COMPLETE")
          for (const [next, nextFailing] of later) {
            fail(nextFailing);
            try {
              await call.UpdateStack({ StackName: "app", TemplateBody: body(next) }, caller);
            } catch (error) {
              expect(String(error)).toContain("No updates are to be performed.");
              expect(wanted(next)).toEqual(wanted(now));
              continue;
            }
            await service.engine.ended(StackId);
            status = service.repository.get(StackId).status;
            expect(["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]).toContain(status);
            if (status === "UPDATE_COMPLETE") now = next;
            expect(found(world)).toEqual(wanted(now));
          }
        world.failing.clear();
        await call.DeleteStack({ StackName: "app" }, caller);
        await service.engine.ended(StackId);
        expect(service.repository.get(StackId).status).toBe("DELETE_COMPLETE");
        expect(found(world)).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});

test("wherever the region dies, an operation goes on after the restart", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.option(wishes), wishes, failures, fc.nat(25), async (existing, next, failing, deathAt) => {
      const world = new FakeWorld();
      const before = world.start();
      const rollingBack = ({ service }: typeof before) => service.repository.find("app")?.status.includes("ROLLBACK");
      if (existing) {
        const { StackId = "" } = await before.call.CreateStack(
          { StackName: "app", TemplateBody: body(existing) },
          caller,
        );
        await before.service.engine.ended(StackId);
      }
      for (const step of failing) world.failing.add(step);
      let moments = 0;
      const died = new Promise<void>((resolve) => {
        world.interfere = async (step, when) => {
          if (when === "before" && rollingBack(before)) world.failing.delete(step);
          if (moments++ < deathAt) return;
          resolve();
          // Nothing of this process ever goes on.
          await new Promise(() => {});
        };
      });
      const request = { StackName: "app", TemplateBody: body(next) };
      const operate = async () => {
        try {
          await (existing ? before.call.UpdateStack(request, caller) : before.call.CreateStack(request, caller));
        } catch (error) {
          expect(String(error)).toContain("No updates are to be performed.");
        }
        await before.service.engine.ended(before.service.repository.get("app").id);
      };
      await Promise.race([operate(), died]);
      // What had been answered before the death has been written by then.
      await new Promise((resolve) => setImmediate(resolve));
      const after = world.start();
      world.interfere = async (step, when) => {
        if (when === "before" && rollingBack(after)) world.failing.delete(step);
      };
      after.service.engine.resume();
      const { id } = after.service.repository.get("app");
      await after.service.engine.ended(id);
      const { status } = after.service.repository.get(id);
      const reached = existing ? "UPDATE_COMPLETE" : "CREATE_COMPLETE";
      expect([reached, existing ? "UPDATE_ROLLBACK_COMPLETE" : "ROLLBACK_COMPLETE", "CREATE_COMPLETE"]).toContain(
        status,
      );
      expect(found(world)).toEqual(wanted(status === reached ? next : (existing ?? [])));
    }),
    { numRuns: 150 },
  );
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, resultOf } from "../command-line.ts";
import { describeWith } from "../peers/tools.ts";
import { RolloutApp } from "./rollout.fixture.ts";

const app = new RolloutApp();

beforeAll(async () => {
  app.edit("fardel.yaml", (manifest) => manifest.concat("    rollout: { strategy: blue-green }\n"));
  await app.up("--time-scale", "10");
  app.edit("fardel.yaml", (manifest) => manifest.replace("blue-green", "blue-green, approve: manual"));
});
afterAll(() => app.close());

const answersWith = (text: string) =>
  app.edit("server.js", (source) => source.replace(/const text = "\w+"/, `const text = "${text}"`));
const history = async () => resultOf(await app.succeed("history", "--json")).releases;
const newest = async () => (await history())[0];

test("left waiting, a release is ended by whoever answers, and once only", async () => {
  answersWith("two");
  const deploy = await app.fardel("deploy", "--no-wait");
  expect(deploy.exitCode, deploy.stderr).toBe(4);
  expect(deploy.stderr).toMatch(
    /^Release 2 waits for its approval: `fardel approve` or `fardel reject` brings it to its end\.$/m,
  );
  expect(await app.text()).toBe("one\n");
  const approve = await app.fardel("approve");
  expect(approve.exitCode, approve.stderr).toBe(0);
  expect(approve.stderr).toMatch(/^Release 2 serves after /m);
  expect(await app.text()).toBe("two\n");
  const again = await app.fardel("approve");
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toMatchInlineSnapshot(`
    "✗ Nothing of rollout waits in local to be approved.

      → \`fardel status local\` shows what is under way.
    "
  `);
  const other = await app.fardel("reject", "worker");
  expect(other.stderr).toMatchInlineSnapshot(`
    "✗ No rollout of worker waits in local to be rejected.

      → \`fardel status local\` shows what is under way.
    "
  `);
});

test("so is a redeploy, and taken back by rollback as by reject", async () => {
  const redeploy = await app.fardel("redeploy", "--no-wait");
  expect(redeploy.exitCode, redeploy.stderr).toBe(4);
  expect(await newest()).toMatchObject({ number: 3, redeploys: 2, outcome: "in progress" });
  const rollback = await app.fardel("rollback");
  expect(rollback.exitCode, rollback.stderr).toBe(0);
  expect(await newest()).toMatchObject({ number: 3, outcome: "rolled back" });
  expect(await app.text()).toBe("two\n");
});

/**
 * Makes a release in a terminal: presses Ctrl-C where it waits, answers the question with some keys, and does what there is to do
 * once that is answered.
 */
async function interrupted(keys: string, then = () => {}) {
  const steps = [
    { at: "waits for approval", act: (press: (keys: string) => void) => press(ctrlC) },
    { at: "keep waiting here", act: (press: (keys: string) => void) => press(keys) },
    { at: "◇", act: then },
  ];
  const atTerminal = (text: string, press: (keys: string) => void) => {
    if (steps[0] !== undefined && text.includes(steps[0].at)) steps.shift()?.act(press);
  };
  return app.fardelWith({ atTerminal }, "deploy");
}

const ctrlC = "\x03";
const down = "\x1b[B";
const enter = "\r";

describeWith("script", "Ctrl-C while a release waits for its approval", () => {
  test("leaves it waiting", async () => {
    answersWith("four");
    const left = await interrupted(enter);
    expect(left.exitCode, left.stdout).toBe(4);
    expect(await newest()).toMatchObject({ number: 4, outcome: "in progress", waiting: { services: ["web"] } });
    const reject = await app.fardel("reject");
    expect(reject.exitCode, reject.stderr).toBe(3);
    expect(await newest()).toMatchObject({ number: 4, outcome: "rolled back" });
  });

  test("rolls it back", async () => {
    const back = await interrupted(down + enter);
    expect(back.exitCode, back.stdout).toBe(3);
    expect(await newest()).toMatchObject({ number: 5, outcome: "rolled back" });
    expect(await app.text()).toBe("two\n");
  });

  test("waits on, until somebody answers elsewhere", async () => {
    const approved = Promise.withResolvers<Ended>();
    const waited = await interrupted(down + down + enter, () => approved.resolve(app.fardel("approve")));
    expect(waited.exitCode, waited.stdout).toBe(0);
    const { exitCode, stderr } = await approved.promise;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/^Approved web of release 6; ada@example.com on \S+ brings it to its end\.$/m);
    expect(await newest()).toMatchObject({ number: 6, outcome: "succeeded" });
    expect(await app.text()).toBe("four\n");
  });
});

test("another release takes the place of one that was left waiting, and doesn't call that a rollback", async () => {
  answersWith("five");
  expect((await app.fardel("deploy", "--no-wait")).exitCode).toBe(4);
  answersWith("six");
  expect((await app.fardel("deploy", "--no-wait")).exitCode).toBe(4);
  const approve = await app.fardel("approve");
  expect(approve.exitCode, approve.stderr).toBe(0);
  expect(await app.text()).toBe("six\n");
  expect((await history()).slice(0, 2)).toMatchObject([
    { outcome: "succeeded" },
    { outcome: "superseded", failure: "It was still waiting for its approval when another release began." },
  ]);
});

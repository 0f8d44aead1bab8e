import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { App, Service, TaskDefinitionPatch } from "../../config/app.ts";
import { FardelError } from "../../errors.ts";
import { shop } from "../release.fixture.ts";
import { readBases } from "./base-definitions.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fardel-base-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

function appWith(taskDefinition: TaskDefinitionPatch): App {
  return { ...shop, directory, services: { web: { ...(shop.services.web as Service), taskDefinition } }, tasks: {} };
}

function withFile(text: string): App {
  const file = join(directory, "task.json");
  writeFileSync(file, text);
  return appWith({ kind: "base", file });
}

const read = (app: App) => readBases(app, new Set(["web"]));

async function refusal(app: App) {
  const error = await read(app).catch((error: unknown) => error);
  if (!(error instanceof FardelError)) throw new Error("nothing was refused");
  return { message: error.message, where: error.where, exitCode: error.exitCode };
}

test("a file as describe-task-definition prints it, without what only ECS says", async () => {
  const taskDefinition = {
    taskDefinitionArn: "arn:aws:ecs:eu-west-1:1:task-definition/managr:7",
    family: "managr",
    revision: 7,
    status: "ACTIVE",
    cpu: "512",
    compatibilities: ["EC2", "FARGATE"],
    containerDefinitions: [
      { name: "web", image: "managr:7", logConfiguration: { logDriver: "awslogs", options: { any: "x" } } },
    ],
  };
  const bases = await read(withFile(JSON.stringify({ taskDefinition, tags: [] })));
  expect(bases.get("web")?.definition).toEqual({
    cpu: "512",
    containerDefinitions: taskDefinition.containerDefinitions,
  });
});

test("what is no JSON, and what is no task definition", async () => {
  expect((await refusal(withFile("{ cpu: 1 }"))).message).toMatch(/^task\.json can't be read as JSON: /);
  expect(await refusal(withFile("[]"))).toMatchObject({ message: "task.json holds no task definition.", exitCode: 2 });
});

test("a key that ECS doesn't have would be left out without a word", async () => {
  const patch = { volums: [], containerDefinitions: [{ name: "web", linuxParameters: { initProcessEnable: true } }] };
  expect(await refusal(appWith({ kind: "patch", patch }))).toMatchObject({
    message:
      "ECS has no such task definition parameter: volums (did you mean volumes?), " +
      "containerDefinitions.0.linuxParameters.initProcessEnable (did you mean initProcessEnabled?).",
    exitCode: 2,
  });
});

test("the family is fardel's", async () => {
  expect(await refusal(appWith({ kind: "patch", patch: { family: "mine" } }))).toMatchObject({
    message: "The family of a task definition is fardel's to set.",
  });
});

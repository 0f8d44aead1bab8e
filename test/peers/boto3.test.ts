import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { startTestDrydock } from "@fardel/drydock/testing.ts";
import { expect, test } from "vitest";
import { clientEnvironment } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";
import { openRegistry, pushWebImage } from "./web-image.ts";

const run = promisify(execFile);

describeWith("boto3", "a Python program", () => {
  test("waits, turns pages and is refused, as on AWS", async () => {
    const drydock = await startTestDrydock();
    const { createRepository, password } = await openRegistry(drydock);
    const repositoryUri = await createRepository("web");
    const digest = await pushWebImage(drydock.directory, repositoryUri, password);

    const script = join(import.meta.dirname, "python-program.py");
    const env = clientEnvironment(drydock);
    const { stdout } = await run("python3", [script, `${repositoryUri}@${digest}`, "/shop"], { env });
    expect(JSON.parse(stdout)).toEqual({
      objects: [
        [
          ["0.txt", 0],
          ["1.txt", 1],
        ],
        [
          ["2.txt", 2],
          ["3.txt", 3],
        ],
        [["4.txt", 4]],
      ],
      parameters: [["a", "b"], ["c"]],
      definitions: [["web:1", "web:2"], ["web:3"]],
      service: [["PRIMARY", 1]],
      execute_command: [
        "InvalidParameterException",
        "The execute command failed because drydock has no execute command agent: run the command as a task of its own " +
          "with RunTask and a command override.",
      ],
      unknown_task_definition: ["ClientException", "TaskDefinition not found."],
      task: ["EssentialContainerExited", "Essential container in task exited", 0],
      log: ["done"],
      left: [],
    });
  });
});

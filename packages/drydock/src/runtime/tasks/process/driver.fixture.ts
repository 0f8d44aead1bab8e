import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ContainerConfig } from "@fardel/oci";
import { onTestFinished } from "vitest";
import type { Launch, PulledImage } from "../driver.ts";
import { architecture } from "./image.fixture.ts";

/** A temporary directory that goes with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "drydock-tasks-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An image of this machine's platform: files by path, all of them executable, and symbolic links by path. */
export function unpackedImage(
  config: ContainerConfig,
  files: Record<string, string> = {},
  links: Record<string, string> = {},
): PulledImage {
  const image = temporaryDirectory();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(image, path)), { recursive: true });
    writeFileSync(join(image, path), content, { mode: 0o755 });
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(image, path));
  return {
    digest: `sha256:${"0".repeat(64)}`,
    config: { os: "linux", architecture, config, rootfs: { type: "layers", diff_ids: [] } },
    createRoot: (directory) => cp(image, directory, { recursive: true, verbatimSymlinks: true }),
  };
}

/** A launch of an image whose command is a Node script. */
export function launchOf(script: string, more: Partial<Launch> = {}): Launch {
  const image = unpackedImage({ Cmd: ["node", "/app/main.js"], WorkingDir: "/app" }, { "app/main.js": script });
  return {
    task: {
      arn: "arn:aws:ecs:eu-west-1:000000000000:task/main/0123456789abcdef0123456789abcdef",
      family: "web",
      revision: 1,
    },
    runtimeId: "0123456789abcdef0123456789abcdef-1",
    directory: join(temporaryDirectory(), "container"),
    image,
    architecture,
    environment: {},
    ports: [],
    neighbourPorts: [],
    ...more,
  };
}

export function readOutput(launch: Launch): string {
  return readFileSync(join(launch.directory, "output"), "utf8");
}

/** Resolves as soon as `condition` holds; for what only another process can bring about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

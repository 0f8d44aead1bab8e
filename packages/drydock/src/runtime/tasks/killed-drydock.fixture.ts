import { mkdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Store } from "../../store/store.ts";
import { createProcessDriver } from "./process/driver.ts";
import { architecture } from "./process/image.fixture.ts";
import { makeTestRegion } from "./region.fixture.ts";
import { createTaskRunner } from "./runner.ts";

/**
 * A process that runs one task until it is killed: `node killed-drydock.fixture.ts <directory> <task spec as JSON>`.
 * Prints every status and every log message on a line of its own.
 */
const [directory = "", spec = ""] = process.argv.slice(2);
const print = (line: string) => writeSync(process.stdout.fd, `${line}\n`);
const region = makeTestRegion({
  directory,
  store: new Store(join(directory, "store")),
  onMessage: (message) => print(`log ${message}`),
});
const driver = createProcessDriver({
  clock: region.clock,
  pull: async () => ({
    digest: `sha256:${"0".repeat(64)}`,
    config: {
      os: "linux",
      architecture,
      config: { Entrypoint: ["node", "-e"] },
      rootfs: { type: "layers", diff_ids: [] },
    },
    createRoot: async (root) => void mkdirSync(root),
  }),
});
const runner = createTaskRunner({ region, driver, report: ({ lastStatus }) => print(`status ${lastStatus}`) });
runner.start(JSON.parse(spec));

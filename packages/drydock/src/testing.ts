import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Drydock, type DrydockOptions, startDrydock } from "./drydock.ts";

export interface TestDrydock extends Drydock {
  readonly directory: string;
  /** An SDK client of this region: `drydock.client(SSMClient)`. */
  client<C>(ClientClass: new (configuration: ClientConfiguration) => C): C;
}

interface ClientConfiguration {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  forcePathStyle?: boolean;
}

/**
 * A region on a free port and a temporary directory. Called inside a test it is closed when the test ends; in a
 * beforeAll, pass `keep` and close it in afterAll.
 */
export async function startTestDrydock(
  options: Partial<DrydockOptions> & { keep?: boolean } = {},
): Promise<TestDrydock> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), "drydock-"));
  const drydock = await startDrydock({ port: 0, ...options, directory });
  const close = async () => {
    await drydock.close();
    if (!options.directory) rmSync(directory, { recursive: true, force: true });
  };
  if (!options.keep) onTestFinished(close);
  return {
    ...drydock,
    directory,
    close,
    client: (ClientClass) =>
      new ClientClass({
        endpoint: drydock.endpoint,
        region: drydock.region,
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
        forcePathStyle: true,
      }),
  };
}

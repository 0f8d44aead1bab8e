import type { App, Aws } from "@fardel/core";
import type { Session } from "./session.ts";

/** An app in one environment, and the AWS clients of the place it is in. */
export interface OpenEnvironment {
  app: App;
  aws: Aws;
}

export const localEnvironment = "local";

/** Where the manifest names no region: what drydock then calls itself. */
const defaultLocalRegion = "eu-west-1";

/**
 * Reads the manifest and connects to an environment. For `local` that is drydock, started when it isn't running, and never
 * anything else; for a named one AWS itself, with the SDK's chain of credentials.
 * @throws FardelError (exit code 2) when the manifest has problems or the shell redirects AWS calls.
 */
export async function openEnvironment(session: Session, environment: string): Promise<OpenEnvironment> {
  const core = await import("@fardel/core");
  const source = await core.loadManifest(session.directory);
  if (environment !== localEnvironment) {
    const app = core.resolveApp(source, environment);
    const account = app.account === undefined ? {} : { accountId: app.account };
    return { app, aws: core.connectAws({ environment, region: app.region, ...account }) };
  }
  const app = core.resolveApp(source, environment, { defaultRegion: defaultLocalRegion });
  const { ensureDrydock } = await import("./local-region.ts");
  const { endpoint, region, accountId } = await ensureDrydock(session.output, { region: app.region });
  return { app: { ...app, region }, aws: core.connectAws({ environment, region, accountId, endpoint }) };
}

import { FardelError } from "../errors.ts";
import { type AwsTarget, isLoopbackHost, localEnvironment } from "./target.ts";

type Next = (args: { request: unknown }) => Promise<unknown>;

/** As far as this needs an SDK client. */
interface Guardable {
  middlewareStack: {
    add(middleware: (next: Next) => Next, options: { step: "finalizeRequest"; name: string; priority: "low" }): void;
  };
}

/**
 * Looks at where every request really goes, just before it is sent. `checkTarget` sees what a target and the shell say;
 * an `endpoint_url` in ~/.aws/config, a profile or whatever else the SDK obeys shows only here.
 */
export function guardEndpoint<Client extends object>(target: AwsTarget, client: Client): Client {
  if (!("middlewareStack" in client)) return client;
  const { middlewareStack } = client as Client & Guardable;
  middlewareStack.add((next) => guard(next, target), {
    step: "finalizeRequest",
    name: "fardelEndpointGuard",
    priority: "low",
  });
  return client;
}

function guard(next: Next, target: AwsTarget): Next {
  return (args) => {
    const { hostname } = args.request as { hostname: string };
    const local = target.environment === localEnvironment;
    if (isLoopbackHost(hostname) === local) return next(args);
    throw local ? leavesTheMachine(hostname) : staysOnTheMachine(target, hostname);
  };
}

function leavesTheMachine(hostname: string): FardelError {
  return new FardelError(
    "AWS_LOCAL_NOT_LOOPBACK",
    `A call of the environment \`local\` would have gone to ${hostname}.`,
    {
      why: "Only addresses of this machine (localhost, 127.0.0.0/8, ::1) are local. Nothing was sent.",
      fix: "Look for an `endpoint_url` in ~/.aws/config, or an AWS_ENDPOINT_URL_… variable, and take it out.",
    },
  );
}

function staysOnTheMachine({ environment }: AwsTarget, hostname: string): FardelError {
  return new FardelError(
    "AWS_ENDPOINT_REFUSED",
    `A call for environment ${environment} would have gone to ${hostname} instead of AWS.`,
    {
      why: "An `endpoint_url` in ~/.aws/config, or in the profile in use, points at this machine. Nothing was sent.",
      fix: "Take the `endpoint_url` out, or use a profile without one (AWS_PROFILE).",
    },
  );
}

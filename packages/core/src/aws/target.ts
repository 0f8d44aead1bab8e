import { isIPv4 } from "node:net";
import { FardelError } from "../errors.ts";

/** Where AWS calls of one environment go. */
export interface AwsTarget {
  /** The environment's name in the manifest; `local` is the embedded region. */
  environment: string;
  region: string;
  /** Twelve digits; when given, nothing is written before STS has confirmed it. */
  accountId?: string;
  /** Only for `local`: the embedded region's address, which must be on the loopback interface. */
  endpoint?: string;
  /** Default: the SDK's own chain (environment, profile, SSO, web identity, container, instance). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** The one environment that is never AWS. */
export const localEnvironment = "local";

/**
 * Refuses a target that could write to the wrong place: `local` without a loopback endpoint would reach a real account,
 * and a named environment with drydock's endpoint (given, or left in the shell by `fardel local env`, which every SDK
 * obeys silently) would release into the laptop. `variables` is the process's environment.
 */
export function checkTarget(target: AwsTarget, variables: NodeJS.ProcessEnv): void {
  if (!target.region) {
    throw new FardelError("AWS_REGION_MISSING", `No AWS region is set for environment ${target.environment}.`, {
      fix: "Add `region: eu-west-1` (or another region) to fardel.yaml.",
    });
  }
  if (target.environment === localEnvironment) {
    checkLocalEndpoint(target.endpoint);
  } else {
    checkNamedEndpoint(target, variables);
  }
}

function checkLocalEndpoint(endpoint: string | undefined): void {
  if (endpoint === undefined) {
    throw new FardelError("AWS_LOCAL_WITHOUT_ENDPOINT", "The environment `local` has no embedded region to talk to.", {
      why: "Without an endpoint its calls would go to a real AWS account.",
      fix: "Start the embedded region with `fardel local start`.",
    });
  }
  if (!isLoopback(endpoint)) {
    throw new FardelError("AWS_LOCAL_NOT_LOOPBACK", `The environment \`local\` may not use ${endpoint}.`, {
      why: "Only addresses of this machine (localhost, 127.0.0.0/8, ::1) are local.",
      fix: "Start the embedded region with `fardel local start`, or give the remote environment its own name.",
    });
  }
}

function checkNamedEndpoint(target: AwsTarget, variables: NodeJS.ProcessEnv): void {
  if (target.endpoint !== undefined) {
    throw new FardelError(
      "AWS_ENDPOINT_REFUSED",
      `The environment ${target.environment} may not use the endpoint ${target.endpoint}.`,
      { why: "Only `local` runs in an embedded region.", fix: "Use the environment `local`." },
    );
  }
  // https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html: these redirect every SDK and the CLI.
  if (variables.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === "true") return;
  const redirects = Object.keys(variables).filter(
    (name) => (name === "AWS_ENDPOINT_URL" || name.startsWith("AWS_ENDPOINT_URL_")) && variables[name],
  );
  const [first] = redirects;
  if (first === undefined) return;
  throw new FardelError(
    "AWS_ENDPOINT_IN_SHELL",
    `${first} is set, so calls for environment ${target.environment} would go to ${variables[first]} instead of AWS.`,
    {
      why: "The variable often stays behind after `fardel local env`.",
      fix: `Run \`unset ${redirects.join(" ")}\` (and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY if they came with it), then again.`,
    },
  );
}

function isLoopback(endpoint: string): boolean {
  return URL.canParse(endpoint) && isLoopbackHost(new URL(endpoint).hostname);
}

/** Whether a host name or address, as a URL has it, is of this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    (isIPv4(hostname) && hostname.startsWith("127."))
  );
}

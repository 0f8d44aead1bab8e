import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface AwsCli {
  /** The words of a command, split at spaces, then arguments that may hold some; answers its trimmed output. */
  text(words: string, ...more: string[]): Promise<string>;
  /** The same for a command that answers JSON. */
  json(words: string, ...more: string[]): Promise<unknown>;
  /** What the command line says of a command that has to fail. */
  refusal(words: string, ...more: string[]): Promise<string>;
}

/** What leads a foreign client to a region instead of AWS, and past the AWS configuration of whoever runs the tests. */
export function clientEnvironment({ endpoint, region }: { endpoint: string; region: string }): NodeJS.ProcessEnv {
  const { AWS_PROFILE: _, ...environment } = process.env;
  return {
    ...environment,
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_PAGER: "",
  };
}

/** The `aws` command in a directory, talking to a region. */
export function awsCli(region: { endpoint: string; region: string }, cwd: string): AwsCli {
  const env = clientEnvironment(region);
  const aws = (words: string, more: string[]) => run("aws", [...words.split(" "), ...more], { cwd, env });
  return {
    text: async (words, ...more) => (await aws(words, more)).stdout.trim(),
    json: async (words, ...more) => JSON.parse((await aws(words, more)).stdout),
    refusal: async (words, ...more) => {
      const failed = await aws(words, more).then(
        ({ stdout }) => Promise.reject(new Error(`aws ${words} did not fail: ${stdout}`)),
        (error: { stderr: string }) => error,
      );
      return failed.stderr.trim();
    },
  };
}

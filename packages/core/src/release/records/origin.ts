import { execFile } from "node:child_process";
import { hostname, userInfo } from "node:os";
import { promisify } from "node:util";
import type { BuiltFrom } from "../../images/tags.ts";

/** Who released what. */
export interface Origin extends BuiltFrom {
  actor: string;
  /** The machine it was done on. */
  host: string;
}

/**
 * Finds out who releases what: from the variables of the CI systems that set them, else from Git and the login. Never
 * fails: what can't be known is left out.
 *
 * @param directory the manifest's; its repository's state counts, also changes outside the directory.
 */
export async function findOrigin(directory: string, variables: NodeJS.ProcessEnv = process.env): Promise<Origin> {
  const [commit, status, branch, tags, email] = await Promise.all([
    git(directory, "rev-parse", "HEAD"),
    git(directory, "status", "--porcelain"),
    git(directory, "symbolic-ref", "--short", "HEAD"),
    git(directory, ...tagsByVersion),
    git(directory, "config", "user.email"),
  ]);
  const { GITHUB_ACTOR, GITLAB_USER_LOGIN } = variables;
  const ci = referencesOfCi(variables);
  // A CI checkout has a detached head.
  const checkedOut = branch || ci.branch;
  const tag = ci.tag || tags.split("\n")[0];
  return {
    actor: GITHUB_ACTOR || GITLAB_USER_LOGIN || email || login(),
    host: hostname(),
    ...(commit && { commit }),
    ...(commit && status && { dirty: true as const }),
    ...(commit && checkedOut && { branch: checkedOut }),
    ...(commit && tag && { tag }),
    ...(ci.pr && { pr: ci.pr }),
  };
}

/** Of several tags of the commit the newest version counts; `v1.0.0-rc.1`, on the way to `v1.0.0`, comes before it. */
const tagsByVersion = ["-c", "versionsort.suffix=-", "tag", "--points-at", "HEAD", "--sort=-version:refname"];

/**
 * What CI systems say of what they have checked out: GitHub Actions, Bitbucket Pipelines, GitLab.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 * https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
 * https://docs.gitlab.com/ci/variables/predefined_variables/
 */
function referencesOfCi(variables: NodeJS.ProcessEnv): BuiltFrom {
  const { GITHUB_REF = "", GITHUB_HEAD_REF, BITBUCKET_BRANCH, BITBUCKET_TAG, BITBUCKET_PR_ID } = variables;
  const { CI_COMMIT_TAG, CI_COMMIT_BRANCH, CI_MERGE_REQUEST_SOURCE_BRANCH_NAME, CI_MERGE_REQUEST_IID } = variables;
  const [, kind, name] = /^refs\/(heads|tags|pull)\/(.+)$/.exec(GITHUB_REF) ?? [];
  const onBranch = kind === "tags" ? undefined : variables.GITHUB_REF_NAME;
  const branch =
    GITHUB_HEAD_REF || onBranch || BITBUCKET_BRANCH || CI_MERGE_REQUEST_SOURCE_BRANCH_NAME || CI_COMMIT_BRANCH;
  const tag = (kind === "tags" ? name : undefined) || BITBUCKET_TAG || CI_COMMIT_TAG;
  const pr = (kind === "pull" ? name?.split("/")[0] : undefined) || BITBUCKET_PR_ID || CI_MERGE_REQUEST_IID;
  return { ...(branch && { branch }), ...(tag && { tag }), ...(pr && { pr }) };
}

async function git(directory: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("git", args, { cwd: directory, timeout: 5000 });
    return stdout.trim();
  } catch {
    // No Git, no repository, no commit yet, or no such setting.
    return "";
  }
}

function login(): string {
  try {
    return userInfo().username;
  } catch {
    // The user id has no entry in the machine's list, as in some containers.
    return "unknown";
  }
}

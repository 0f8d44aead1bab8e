import { execFile } from "node:child_process";
import { hostname, userInfo } from "node:os";
import { promisify } from "node:util";

/** Who released what. */
export interface Origin {
  actor: string;
  /** The machine it was done on. */
  host: string;
  /** Full hash; undefined outside a Git repository. */
  commit?: string;
  /** Set when files differ from the commit. */
  dirty?: true;
  /** Undefined for a detached head. */
  branch?: string;
}

/**
 * Finds out who releases what: from the variables of the CI systems that set them, else from Git and the login. Never
 * fails: what can't be known is left out.
 *
 * @param directory the manifest's; its repository's state counts, also changes outside the directory.
 */
export async function findOrigin(directory: string, variables: NodeJS.ProcessEnv = process.env): Promise<Origin> {
  const [commit, status, branch, email] = await Promise.all([
    git(directory, "rev-parse", "HEAD"),
    git(directory, "status", "--porcelain"),
    git(directory, "symbolic-ref", "--short", "HEAD"),
    git(directory, "config", "user.email"),
  ]);
  const { GITHUB_ACTOR, GITLAB_USER_LOGIN, GITHUB_HEAD_REF, GITHUB_REF_NAME, CI_COMMIT_REF_NAME } = variables;
  // A CI checkout has a detached head.
  const checkedOut = branch || GITHUB_HEAD_REF || GITHUB_REF_NAME || CI_COMMIT_REF_NAME;
  return {
    actor: GITHUB_ACTOR || GITLAB_USER_LOGIN || email || login(),
    host: hostname(),
    ...(commit && { commit }),
    ...(commit && status && { dirty: true as const }),
    ...(commit && checkedOut && { branch: checkedOut }),
  };
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

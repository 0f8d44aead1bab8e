import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { findOrigin } from "./origin.ts";

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function directoryWith(repository: boolean) {
  const directory = mkdtempSync(join(tmpdir(), "fardel-origin-"));
  directories.push(directory);
  const git = (...args: string[]) => execFileSync("git", args, { cwd: directory, encoding: "utf8" }).trim();
  if (repository) {
    git("init", "--quiet", "--initial-branch", "main");
    git("config", "user.email", "ada@example.com");
    git("config", "user.name", "Ada");
    writeFileSync(join(directory, "file"), "one");
    git("add", "file");
    git("commit", "--quiet", "--message", "one");
  }
  return { directory, git };
}

test("commit, branch and person come from Git", async () => {
  const { directory, git } = directoryWith(true);
  expect(await findOrigin(directory, {})).toEqual({
    actor: "ada@example.com",
    host: hostname(),
    commit: git("rev-parse", "HEAD"),
    branch: "main",
  });
});

test("changes that aren't committed are told", async () => {
  const { directory } = directoryWith(true);
  writeFileSync(join(directory, "file"), "two");
  expect(await findOrigin(directory, {})).toMatchObject({ dirty: true });
});

test("in CI the person and the branch are what it says they are", async () => {
  const { directory, git } = directoryWith(true);
  git("checkout", "--quiet", "--detach");
  const origin = await findOrigin(directory, { GITHUB_ACTOR: "grace", GITHUB_REF_NAME: "release" });
  expect(origin).toMatchObject({ actor: "grace", branch: "release" });
});

test("outside a repository there is no commit", async () => {
  const { directory } = directoryWith(false);
  expect(Object.keys(await findOrigin(directory, { GIT_CEILING_DIRECTORIES: tmpdir() }))).toEqual(["actor", "host"]);
});

test("E8: Git's tag of the commit is known, and a CI's word counts more", async () => {
  const { directory, git } = directoryWith(true);
  git("tag", "v1.2.3");
  expect(await findOrigin(directory, {})).toMatchObject({ branch: "main", tag: "v1.2.3" });
  git("checkout", "--quiet", "--detach");
  for (const variables of [
    { GITHUB_REF: "refs/tags/v2", GITHUB_REF_NAME: "v2" },
    { BITBUCKET_TAG: "v2" },
    { CI_COMMIT_TAG: "v2" },
  ]) {
    const { branch, tag } = await findOrigin(directory, variables);
    expect({ branch, tag }).toEqual({ tag: "v2" });
  }
});

test.each([
  [{ GITHUB_REF: "refs/pull/7/merge", GITHUB_HEAD_REF: "fix", GITHUB_REF_NAME: "7/merge" }],
  [{ BITBUCKET_PR_ID: "7", BITBUCKET_BRANCH: "fix" }],
  [{ CI_MERGE_REQUEST_IID: "7", CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: "fix" }],
])("A2, A8: a pull request's number and branch come from CI: %o", async (variables) => {
  const { directory, git } = directoryWith(true);
  git("checkout", "--quiet", "--detach");
  expect(await findOrigin(directory, variables)).toMatchObject({ pr: "7", branch: "fix" });
});

test("E8: of several tags of a commit the newest version counts, however they were made", async () => {
  const { directory, git } = directoryWith(true);
  git("tag", "v1.9.0");
  git("tag", "v1.10.0-rc.1");
  expect(await findOrigin(directory, {})).toMatchObject({ tag: "v1.10.0-rc.1" });
  git("tag", "v1.10.0");
  git("tag", "--annotate", "v1.2.0", "--message", "backport");
  expect(await findOrigin(directory, {})).toMatchObject({ tag: "v1.10.0" });
});

import { isTagName } from "@fardel/oci/registry/reference.ts";
import type { App, ReleaseRules } from "../config/app.ts";
import { whereWritten } from "../config/where-written.ts";
import { FardelError } from "../errors.ts";

/** What images were built from; what can't be known is left out. */
export interface BuiltFrom {
  /** Full hash. */
  commit?: string;
  /** Set when files differed from the commit. */
  dirty?: true;
  branch?: string;
  /** Git's tag of the commit. */
  tag?: string;
  /** Number of the pull or merge request. */
  pr?: string;
}

/** As far as tags depend on an app: what a release record keeps of it, too. */
export interface TaggedApp extends Pick<App, "environment" | "services" | "tasks"> {
  release: Pick<ReleaseRules, "tags">;
}

export interface ImageTag {
  tag: string;
  /** False for a tag that names one content for good, such as a commit's. */
  movable: boolean;
}

type Field = "environment" | "commit" | "branch" | "tag" | "pr" | "service" | "release";
type Values = Partial<Record<Field, string>>;

/** What these stand for never changes, unless it stands for files that were never committed. */
const fixedFields: Field[] = ["commit", "tag", "release"];
const longestTag = 128;

/**
 * The tags that a release gives an image, from the templates of `release.tags`. Templates with a value that isn't known
 * give none. `{service}` gives one for each service and task that runs the image.
 *
 * @param image name of the build.
 * @param names services and tasks that the release is made of.
 * @param release undefined outside a release.
 */
export function imageTags(
  app: TaggedApp,
  image: string,
  names: ReadonlySet<string>,
  source: BuiltFrom,
  release: number | undefined,
): ImageTag[] {
  const workloads = [...Object.values(app.services), ...Object.values(app.tasks)];
  const users = workloads.filter((each) => each.image.kind === "build" && each.image.build === image);
  const released = users.map(({ name }) => name).filter((name) => names.has(name));
  const values = { ...valuesOf(source), environment: app.environment, ...(release && { release: `${release}` }) };
  const tags = app.release.tags.flatMap((template) => {
    const services = template.includes("{service}") ? released : [""];
    const movable = source.dirty === true || !fixedFields.some((field) => template.includes(`{${field}}`));
    return services.flatMap((service) => {
      const tag = filled(template, { ...values, service });
      return tag === undefined || !isTagName(tag) ? [] : [{ tag, movable }];
    });
  });
  return [...new Map(tags.map((each) => [each.tag, each])).values()];
}

/**
 * Makes sure that every template of `release.tags` gives a tag, before anything moves.
 *
 * @throws FardelError (exit code 2) that names each template with a value that isn't known, or that is too long.
 */
export function checkTags(app: App, source: BuiltFrom): void {
  const values = { ...valuesOf(source), environment: app.environment, release: "999999" };
  const problems = app.release.tags.flatMap((template, index) => {
    const where = whereWritten(app, `release.tags.${index}`);
    const services = [...Object.keys(app.services), ...Object.keys(app.tasks)];
    const problem = problemOf(template, { ...values, service: longest(services) });
    return problem === undefined ? [] : [{ where, ...problem }];
  });
  const [first, ...more] = problems;
  if (first === undefined) return;
  const others = more.map(({ where, message }) => `${where}\n  ${message}`).join("\n\n");
  throw new FardelError("IMAGE_TAG", first.message, {
    where: first.where,
    why: others === "" ? "Nothing was changed." : `Likewise:\n\n${others}\n\nNothing was changed.`,
    fix: first.fix,
    exitCode: 2,
  });
}

function problemOf(template: string, values: Values): { message: string; fix: string } | undefined {
  const unknown = fieldsOf(template).find((field) => values[field] === undefined);
  if (unknown !== undefined)
    return {
      message: `The image tag ${template} can't be made: there is no {${unknown}} here.`,
      fix: howKnown[unknown],
    };
  const tag = filled(template, values) ?? "";
  if (isTagName(tag)) return undefined;
  const why =
    tag.length > longestTag
      ? `it has ${tag.length} characters, and ${longestTag} are allowed`
      : "nothing of it is left";
  return {
    message: `The image tag ${template} can't be made: ${why}.`,
    fix: "Shorten the template, or the name it is made of.",
  };
}

const howKnown: Record<Field, string> = {
  environment: "",
  service: "",
  release: "",
  commit: "Release from a Git repository with a commit, or leave {commit} out of the template.",
  branch: "Check out a branch; in CI, GITHUB_REF_NAME, BITBUCKET_BRANCH or CI_COMMIT_BRANCH names it.",
  tag: "Tag the commit (git tag v1.2.3), or override release.tags in this environment.",
  pr: "It comes from CI: GITHUB_REF (refs/pull/7/merge), BITBUCKET_PR_ID or CI_MERGE_REQUEST_IID.",
};

/** A dirty tree isn't what its commit or tag names. */
function valuesOf({ commit, branch, tag, pr, dirty }: BuiltFrom): Values {
  const mark = dirty ? "-dirty" : "";
  return {
    ...(commit !== undefined && { commit: `${commit}${mark}` }),
    ...(tag !== undefined && { tag: `${tag}${mark}` }),
    ...(branch !== undefined && { branch }),
    ...(pr !== undefined && { pr }),
  };
}

function fieldsOf(template: string): Field[] {
  return [...template.matchAll(/\{([a-z]+)\}/g)].map(([, field]) => field as Field);
}

/** Characters that a tag can't have (`feature/x`, `v1.0+build`) become `-`. Undefined where a value isn't known. */
function filled(template: string, values: Values): string | undefined {
  if (fieldsOf(template).some((field) => values[field] === undefined)) return undefined;
  const tag = template.replaceAll(/\{([a-z]+)\}/g, (_, field: Field) =>
    (values[field] ?? "").replaceAll(/[^\w.-]+/g, "-"),
  );
  return tag.replace(/^[.-]+/, "");
}

function longest(names: readonly string[]): string {
  return names.reduce((best, name) => (name.length > best.length ? name : best), "");
}

import { invalidParameter } from "./errors.ts";
import { matchesWildcard } from "./repositories.ts";

/** One rule of a lifecycle policy. https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html */
export interface LifecycleRule {
  priority: number;
  tagStatus: "tagged" | "untagged" | "any";
  /** Patterns with `*`; a prefix is one that ends in it. An image has to have a tag for each. */
  patterns: string[];
  countType: "imageCountMoreThan" | "sinceImagePushed";
  /** Images, or days. */
  countNumber: number;
}

/** What the rules look at. */
export interface LifecycleImage {
  digest: string;
  tags: string[];
  pushedAt: Date;
  /** Whether an index names it: then it stays for as long as the index. */
  referenced: boolean;
}

export interface Expiry {
  image: LifecycleImage;
  rulePriority: number;
}

const dayMilliseconds = 24 * 60 * 60 * 1000;

/** Reads and checks a policy; rules come in the order of their priority. Throws InvalidParameterException. */
export function parseLifecyclePolicy(text: string): LifecycleRule[] {
  let document: { rules?: unknown };
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid("string is not valid JSON");
  }
  if (!Array.isArray(document?.rules) || document.rules.length === 0)
    throw invalid("object has missing required properties (['rules'])");
  const rules = document.rules.map(readRule).sort((a, b) => a.priority - b.priority);
  for (const [index, rule] of rules.entries()) {
    const next = rules[index + 1];
    if (next?.priority === rule.priority) throw invalid(`several rules have rulePriority ${rule.priority}`);
    if (rule.tagStatus === "any" && next !== undefined)
      throw invalid("a rule with tagStatus 'any' must have the highest rulePriority");
  }
  if (rules.filter(({ tagStatus }) => tagStatus === "untagged").length > 1)
    throw invalid("only one rule may select untagged images");
  return rules;
}

/**
 * The images a policy expires at `now`. "An image is expired by exactly one or zero rules. An image that matches the
 * tagging requirements of a rule cannot be expired by a rule with a lower priority", but is still counted by it.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
export function expiries(rules: LifecycleRule[], images: LifecycleImage[], now: number): Expiry[] {
  const youngestFirst = [...images].sort((a, b) => b.pushedAt.getTime() - a.pushedAt.getTime());
  const settled = new Set<LifecycleImage>();
  const expired: Expiry[] = [];
  for (const rule of rules) {
    const matching = youngestFirst.filter((image) => matches(rule, image));
    for (const [position, image] of matching.entries()) {
      const old = image.pushedAt.getTime() < now - rule.countNumber * dayMilliseconds;
      const chosen = rule.countType === "imageCountMoreThan" ? position >= rule.countNumber : old;
      if (chosen && !settled.has(image) && !image.referenced) expired.push({ image, rulePriority: rule.priority });
    }
    for (const image of matching) settled.add(image);
  }
  return expired;
}

function matches({ tagStatus, patterns }: LifecycleRule, { tags }: LifecycleImage): boolean {
  if (tagStatus === "any") return true;
  if (tagStatus === "untagged") return tags.length === 0;
  return patterns.every((pattern) => tags.some((tag) => matchesWildcard(tag, pattern)));
}

function readRule(value: unknown): LifecycleRule {
  const rule = value as { rulePriority?: unknown; selection?: Record<string, unknown>; action?: { type?: unknown } };
  const { rulePriority: priority, selection = {}, action } = rule ?? {};
  if (typeof priority !== "number" || !Number.isInteger(priority) || priority < 1)
    throw invalid("rulePriority must be a whole number from 1");
  if (action?.type !== "expire")
    throw invalid(`rule ${priority}: action.type must be 'expire' (drydock does not archive images)`);
  const { tagStatus, countType, countNumber, countUnit } = selection;
  if (tagStatus !== "tagged" && tagStatus !== "untagged" && tagStatus !== "any")
    throw invalid(`rule ${priority}: tagStatus must be 'tagged', 'untagged' or 'any'`);
  if (countType !== "imageCountMoreThan" && countType !== "sinceImagePushed")
    throw invalid(
      `rule ${priority}: drydock counts by 'imageCountMoreThan' and 'sinceImagePushed', not ${JSON.stringify(countType)}`,
    );
  if (typeof countNumber !== "number" || !Number.isInteger(countNumber) || countNumber < 1)
    throw invalid(`rule ${priority}: countNumber must be a whole number from 1`);
  if ((countType === "sinceImagePushed") !== (countUnit === "days"))
    throw invalid(`rule ${priority}: countUnit 'days' belongs to sinceImagePushed, and only to it`);
  const patterns = [
    ...strings(selection.tagPatternList, priority),
    ...strings(selection.tagPrefixList, priority).map((prefix) => `${prefix}*`),
  ];
  if ((tagStatus === "tagged") !== patterns.length > 0)
    throw invalid(`rule ${priority}: tagPrefixList or tagPatternList belong to tagStatus 'tagged', and only to it`);
  return { priority, tagStatus, patterns, countType, countNumber };
}

function strings(value: unknown, priority: number): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw invalid(`rule ${priority}: tag lists are lists of strings`);
}

function invalid(why: string) {
  return invalidParameter("LifecyclePolicyText", `Lifecycle policy validation failure: ${why}`);
}

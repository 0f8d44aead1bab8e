import { expect, it } from "vitest";
import { expiries, type LifecycleImage, parseLifecyclePolicy } from "./lifecycle.ts";

const day = 24 * 60 * 60 * 1000;
const now = Date.UTC(2026, 0, 31);

/** An image that is `age` days old. */
const image = (digest: string, age: number, ...tags: string[]): LifecycleImage => ({
  digest,
  tags,
  pushedAt: new Date(now - age * day),
  referenced: false,
});

const rule = (rulePriority: number, selection: object) => ({ rulePriority, selection, action: { type: "expire" } });
const policy = (...rules: object[]) => JSON.stringify({ rules });

function expired(text: string, images: LifecycleImage[]): string[] {
  return expiries(parseLifecyclePolicy(text), images, now).map(
    ({ image: { digest }, rulePriority }) => `${rulePriority}:${digest}`,
  );
}

it("keeps the youngest images by count", () => {
  const text = policy(rule(1, { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 2 }));
  expect(expired(text, [image("a", 1), image("b", 3, "v1"), image("c", 2), image("d", 4)])).toEqual(["1:b", "1:d"]);
});

it("expires untagged images by age", () => {
  const text = policy(
    rule(1, { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 }),
  );
  expect(expired(text, [image("a", 13), image("b", 15), image("c", 20, "v1")])).toEqual(["1:b"]);
});

it("selects by prefixes and patterns, all of which have to be met", () => {
  const byTags = (selection: object) =>
    expired(policy(rule(1, { tagStatus: "tagged", countType: "imageCountMoreThan", countNumber: 1, ...selection })), [
      image("a", 1, "prod-1", "alpha"),
      image("b", 2, "prod-2"),
      image("c", 3, "prod-3", "alpha"),
      image("d", 4, "staging-1"),
    ]);
  expect(byTags({ tagPrefixList: ["prod"] })).toEqual(["1:b", "1:c"]);
  expect(byTags({ tagPrefixList: ["prod", "alpha"] })).toEqual(["1:c"]);
  expect(byTags({ tagPatternList: ["*-1"] })).toEqual(["1:d"]);
});

it("lets no rule expire what a rule before it has matched, but counts it", () => {
  const text = policy(
    rule(2, { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 1 }),
    rule(1, { tagStatus: "tagged", tagPrefixList: ["prod"], countType: "imageCountMoreThan", countNumber: 1 }),
  );
  const images = [image("p1", 1, "prod-1"), image("x1", 2, "x"), image("p2", 3, "prod-2"), image("x2", 4)];
  expect(expired(text, images)).toEqual(["1:p2", "2:x1", "2:x2"]);
});

it("leaves what an index refers to", () => {
  const text = policy(rule(1, { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 1 }));
  expect(expired(text, [image("a", 1), { ...image("b", 2), referenced: true }, image("c", 3)])).toEqual(["1:c"]);
});

const anyRule = { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 1 };
it.each([
  ["{", "string is not valid JSON"],
  ["{}", "object has missing required properties (['rules'])"],
  [policy(rule(0, anyRule)), "rulePriority must be a whole number from 1"],
  [policy(rule(1, anyRule), rule(2, anyRule)), "a rule with tagStatus 'any' must have the highest rulePriority"],
  [policy(rule(1, { ...anyRule, tagStatus: "untagged" }), rule(1, anyRule)), "several rules have rulePriority 1"],
  [policy(rule(1, { ...anyRule, tagStatus: "tagged" })), "belong to tagStatus 'tagged', and only to it"],
  [policy(rule(1, { ...anyRule, countUnit: "days" })), "countUnit 'days' belongs to sinceImagePushed"],
  [policy(rule(1, { ...anyRule, countType: "sinceImagePulled" })), 'not "sinceImagePulled"'],
  [policy({ rulePriority: 1, selection: anyRule, action: { type: "transition" } }), "action.type must be 'expire'"],
])("refuses %s", (text, why) => {
  expect(() => parseLifecyclePolicy(text)).toThrow(why);
});

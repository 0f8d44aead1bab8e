import type { Reference, Text } from "./app.ts";
import { nearest, orList } from "./nearest.ts";

/** What `${…}` may refer to in a given app and environment. */
export interface ReferenceScope {
  app: string;
  environment: string;
  /** Undefined when nothing names a region. */
  region: string | undefined;
  /** Environment variables of whoever runs fardel: `${env.NAME}`. */
  hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** Names of services with a route, which have an address. */
  routedServices: readonly string[];
  services: readonly string[];
  queues: readonly string[];
}

/** Text with its references looked up; `problem` says what is wrong with the first one that can't be. */
export interface ResolvedText {
  text: Text;
  problem: { message: string; fix?: string; missingVariable?: true } | undefined;
}

// No name is near as long; without a bound, text of nothing but `${` would be searched again from each of them.
const referencePattern = /\$\$\{|\$\{([^}]{0,200})\}/g;

/**
 * Replaces `${app}`, `${environment}`, `${region}` and `${env.NAME}`, and leaves what only infrastructure or the release
 * can know as `Reference`s. `$${` stands for a literal `${`.
 */
export function resolveReferences(written: string, scope: ReferenceScope): ResolvedText {
  const parts: (string | Reference)[] = [];
  let problem: ResolvedText["problem"];
  let end = 0;
  const plain = (text: string) => {
    if (text.includes("${")) {
      problem ??= { message: "a reference has no closing }", fix: "write $${ to keep ${ as it is" };
    }
    return text;
  };
  for (const match of written.matchAll(referencePattern)) {
    parts.push(plain(written.slice(end, match.index)));
    end = match.index + match[0].length;
    if (match[1] === undefined) {
      parts.push("${");
      continue;
    }
    const found = lookUp(match[1].trim(), scope);
    if (typeof found === "object" && "message" in found) problem ??= found;
    else parts.push(found);
  }
  parts.push(plain(written.slice(end)));
  return { text: joined(parts), problem };
}

/** The text with `lookUp`'s answer in place of each reference. */
export function fillText(text: Text, lookUp: (reference: Reference) => string): string {
  if (typeof text === "string") return text;
  return text.map((part) => (typeof part === "string" ? part : lookUp(part))).join("");
}

function joined(parts: readonly (string | Reference)[]): Text {
  if (parts.every((part) => typeof part === "string")) return parts.join("");
  const merged: (string | Reference)[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (typeof part === "string" && typeof last === "string") merged[merged.length - 1] = last + part;
    else if (part !== "") merged.push(part);
  }
  return merged;
}

function lookUp(name: string, scope: ReferenceScope): string | Reference | NonNullable<ResolvedText["problem"]> {
  if (name === "app") return scope.app;
  if (name === "environment") return scope.environment;
  if (name === "region" && scope.region !== undefined) return scope.region;
  if (name === "release" || name === "commit") return { kind: name };
  const [kind, subject = "", attribute, ...rest] = name.split(".");
  if (kind === "env" && subject !== "" && attribute === undefined) {
    const value = Object.hasOwn(scope.hostEnvironment, subject) ? scope.hostEnvironment[subject] : undefined;
    if (value !== undefined) return value;
    const message = `\${${name}} is the variable ${subject} of whoever runs fardel, and it isn't set`;
    return { message, fix: `set ${subject} before running fardel`, missingVariable: true };
  }
  if (kind === "databases") {
    const message = `\${${name}} can't stand here: what belongs to a database is a secret`;
    return { message, fix: `put it under secrets:, as ${name}` };
  }
  if (rest.length === 0 && kind === "services" && (attribute === "url" || attribute === "host")) {
    if (scope.routedServices.includes(subject)) return { kind: "service", name: subject, attribute };
    if (scope.services.includes(subject)) {
      return { message: `\${${name}}: the service has no address`, fix: `give services.${subject} a route` };
    }
  }
  if (rest.length === 0 && kind === "queues" && attribute === "url" && scope.queues.includes(subject)) {
    return { kind: "queue", name: subject, attribute };
  }
  return unknown(name, scope);
}

function unknown(name: string, scope: ReferenceScope): NonNullable<ResolvedText["problem"]> {
  const known = [
    "app",
    "environment",
    ...(scope.region === undefined ? [] : ["region"]),
    "release",
    "commit",
    ...scope.routedServices.flatMap((service) => [`services.${service}.url`, `services.${service}.host`]),
    ...scope.queues.map((queue) => `queues.${queue}.url`),
  ];
  const meant = nearest(name, [
    ...known,
    ...scope.services.flatMap((service) => [`services.${service}.url`, `services.${service}.host`]),
  ]);
  const message = `unknown reference \${${name}}${meant === undefined ? "" : `; did you mean \${${meant}}?`}`;
  const all = orList([...known, "env.NAME"].map((word) => `\${${word}}`));
  return {
    message,
    fix: meant === undefined ? `known are ${all}; write $\${ to keep \${ as it is` : "write $${ to keep ${ as it is",
  };
}

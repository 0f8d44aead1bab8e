import { headerValues } from "./http1/head.ts";
import type { Requested } from "./requested.ts";
import type { CompiledAction } from "./rules/rules.ts";
import type { Target, TargetGroup } from "./target-group.ts";

type Forward = CompiledAction & { type: "forward" };

/**
 * ALB's cookie names: which target group of a weighted rule, and which target of a group, a client stays with. "The load
 * balancer always generates a second stickiness cookie, AWSALBCORS, which includes the same information as the original
 * stickiness cookie, as well as the SameSite attribute": for pages of other sites.
 */
const groupCookie = "AWSALBTG";
const targetCookie = "AWSALB";
const forOtherSites = (name: string) => `${name}CORS`;

/** The group and target that a client's cookies ask for, where the rule has stickiness and they may still be used. */
export function stickyChoice(action: Forward, request: Requested): { group: TargetGroup; target?: Target } | undefined {
  if (action.stickySeconds === undefined && action.groups.every((group) => group.settings.stickySeconds === undefined))
    return undefined;
  const cookies = readCookies(request);
  const groupArn = action.stickySeconds === undefined ? undefined : decode(cookieOf(cookies, groupCookie))?.arn;
  const chosen = decode(cookieOf(cookies, targetCookie));
  const sole = action.groups.length === 1 ? action.groups[0] : undefined;
  const group = action.groups.find(({ arn }) => arn === groupArn) ?? sole;
  if (!group) return undefined;
  const sticks = group.settings.stickySeconds !== undefined && chosen?.arn === group.arn;
  const target = sticks ? group.sticky(chosen.id ?? "", chosen.port ?? 0) : undefined;
  return target ? { group, target } : { group };
}

/** The Set-Cookie headers that go with an answer: renewed each time, as ALB does, so that the duration counts from the last request. */
export function stickinessCookies(action: Forward, group: TargetGroup, target: Target): string {
  let headers = "";
  if (action.stickySeconds !== undefined) headers += setCookie(groupCookie, { arn: group.arn }, action.stickySeconds);
  if (group.settings.stickySeconds !== undefined)
    headers += setCookie(
      targetCookie,
      { arn: group.arn, id: target.id, port: target.port },
      group.settings.stickySeconds,
    );
  return headers;
}

interface Choice {
  arn: string;
  id?: string;
  port?: number;
}

function setCookie(name: string, choice: Choice, seconds: number): string {
  const value = Buffer.from(JSON.stringify(choice)).toString("base64url");
  const expires = new Date(Date.now() + seconds * 1000).toUTCString();
  return (
    `Set-Cookie: ${name}=${value}; Expires=${expires}; Path=/\r\n` +
    `Set-Cookie: ${forOtherSites(name)}=${value}; Expires=${expires}; Path=/; SameSite=None\r\n`
  );
}

function cookieOf(cookies: Map<string, string>, name: string): string | undefined {
  return cookies.get(name) ?? cookies.get(forOtherSites(name));
}

function decode(value: string | undefined): Choice | undefined {
  if (value === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(value, "base64url").toString()) as Choice;
  } catch {
    return undefined;
  }
}

function readCookies(request: Requested): Map<string, string> {
  const pairs = headerValues(request.headers, "cookie").join(";").split(";");
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf("=");
      return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
    }),
  );
}

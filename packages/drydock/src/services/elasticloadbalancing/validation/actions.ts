import type { Action, RedirectActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../../errors.ts";
import { invalidConfiguration, notBuilt, targetGroupNotFound, validationError } from "../errors.ts";
import type { Context } from "../operations/context.ts";
import { loadBalancersByTargetGroup } from "../state.ts";

const maximumTargetGroups = 5;
const contentTypes = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

const invalid = (message: string) => new AwsError("InvalidLoadBalancerAction", message);

/** A rule's actions as the API shows them afterwards. Throws ELB's errors for what it refuses. */
export function checkActions(context: Context, loadBalancerArn: string, actions: Action[]): Action[] {
  const sorted = actions.toSorted((a, b) => (a.Order ?? 0) - (b.Order ?? 0));
  const [action] = sorted;
  const authentication = sorted.find(({ Type }) => /^(authenticate-|jwt-)/.test(Type ?? ""));
  if (authentication) throw notBuilt(`the action '${authentication.Type}' (it needs an HTTPS listener)`);
  if (!action || sorted.length > 1)
    throw invalid("A rule must have exactly one of the actions forward, redirect and fixed-response");
  const order = action.Order === undefined ? {} : { Order: action.Order };
  switch (action.Type) {
    case "forward":
      return [{ Type: "forward", ...order, ...forward(context, loadBalancerArn, action) }];
    case "redirect":
      return [{ Type: "redirect", ...order, RedirectConfig: redirect(action.RedirectConfig) }];
    case "fixed-response":
      return [{ Type: "fixed-response", ...order, FixedResponseConfig: fixedResponse(action) }];
    default:
      throw validationError(
        `1 validation error detected: Value '${action.Type}' at 'actions.1.member.type' failed to satisfy constraint: ` +
          "Member must satisfy enum value set: [forward, redirect, fixed-response]",
      );
  }
}

function forward({ state }: Context, loadBalancerArn: string, action: Action): Partial<Action> {
  const given = action.ForwardConfig?.TargetGroups ?? [];
  const alone = action.TargetGroupArn;
  if (given.length === 0 && alone === undefined) throw validationError("A target group ARN must be specified");
  if (alone !== undefined && given.length > 0 && (given.length > 1 || given[0]?.TargetGroupArn !== alone))
    throw invalid(
      "You cannot specify both a target group ARN and a different list of target groups in a forward action",
    );
  if (given.length > maximumTargetGroups)
    throw new AwsError("TooManyActions", `A forward action can have at most ${maximumTargetGroups} target groups`);
  const users = loadBalancersByTargetGroup(state);
  const vpcId = state.loadBalancers.get(loadBalancerArn)?.loadBalancer.VpcId;
  const groups = (given.length > 0 ? given : [{ TargetGroupArn: alone }]).map(({ TargetGroupArn = "", Weight = 1 }) => {
    const group = state.targetGroups.get(TargetGroupArn)?.targetGroup;
    if (!group) throw targetGroupNotFound(TargetGroupArn);
    if (group.VpcId !== vpcId)
      throw invalidConfiguration(
        `Target group '${TargetGroupArn}' is in a different VPC than load balancer '${loadBalancerArn}'`,
      );
    const foreign = [...(users.get(TargetGroupArn) ?? [])].some((user) => user !== loadBalancerArn);
    if (foreign)
      throw new AwsError(
        "TargetGroupAssociationLimit",
        `The following target groups cannot be associated with more than one load balancer: ${TargetGroupArn}`,
      );
    if (!(Weight >= 0 && Weight <= 999)) throw validationError(`Weight '${Weight}' must be between '0-999' inclusive`);
    return { TargetGroupArn, Weight };
  });
  if (new Set(groups.map(({ TargetGroupArn }) => TargetGroupArn)).size < groups.length)
    throw invalid("A target group can be given only once in a forward action");
  const stickiness = action.ForwardConfig?.TargetGroupStickinessConfig ?? {};
  const seconds = stickiness.DurationSeconds;
  if (stickiness.Enabled && !(seconds !== undefined && seconds >= 1 && seconds <= 604_800))
    throw validationError("Target group stickiness duration must be between '1-604800' seconds inclusive");
  const TargetGroupStickinessConfig = { ...stickiness, Enabled: stickiness.Enabled ?? false };
  const [only] = groups;
  return {
    ...(groups.length === 1 && { TargetGroupArn: only?.TargetGroupArn }),
    ForwardConfig: { TargetGroups: groups, TargetGroupStickinessConfig },
  };
}

function redirect(config: RedirectActionConfig | undefined): RedirectActionConfig {
  if (!config) throw validationError("A redirect action needs a redirect configuration");
  const filled = {
    Protocol: config.Protocol ?? "#{protocol}",
    Port: config.Port ?? "#{port}",
    Host: config.Host ?? "#{host}",
    Path: config.Path ?? "/#{path}",
    Query: config.Query ?? "#{query}",
    StatusCode: config.StatusCode,
  };
  const { Protocol, Port, Host, Path } = filled;
  if (!/^(HTTPS?|#\{protocol\})$/.test(Protocol))
    throw validationError(`Protocol '${Protocol}' must be one of 'HTTP, HTTPS, #{protocol}'`);
  const number = /^\d{1,5}$/.test(Port) ? Number(Port) : 0;
  if (Port !== "#{port}" && !(number >= 1 && number <= 65_535))
    throw validationError(`Port '${Port}' must be a number from 1 to 65535 or #{port}`);
  if (!Path.startsWith("/")) throw validationError(`Path '${Path}' must begin with '/'`);
  if (Protocol === "#{protocol}" && Port === "#{port}" && Host === "#{host}" && Path === "/#{path}")
    throw invalid("The redirect would go to where the request came from: change protocol, port, host or path");
  return filled;
}

function fixedResponse({ FixedResponseConfig: config }: Action) {
  if (!config) throw validationError("A fixed-response action needs a fixed response configuration");
  if (!/^[245]\d\d$/.test(config.StatusCode ?? ""))
    throw validationError(
      `1 validation error detected: Value '${config.StatusCode}' at 'actions.1.member.fixedResponseConfig.statusCode' failed ` +
        "to satisfy constraint: Member must satisfy regular expression pattern: ^(2|4|5)\\d\\d$",
    );
  if (config.ContentType && !contentTypes.includes(config.ContentType))
    throw invalid(`The ContentType must be one of:'${contentTypes.join("', '")}'`);
  if ((config.MessageBody ?? "").length > 1024)
    throw validationError("The message body of a fixed response can have at most 1024 characters");
  return config;
}

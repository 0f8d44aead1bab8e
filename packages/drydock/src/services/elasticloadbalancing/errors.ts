import { AwsError } from "../../errors.ts";

export const loadBalancerNotFound = (arn?: string) =>
  new AwsError(
    "LoadBalancerNotFound",
    arn ? `Load balancer '${arn}' not found` : "One or more load balancers not found",
  );
export const targetGroupNotFound = (arn?: string) =>
  new AwsError("TargetGroupNotFound", arn ? `Target group '${arn}' not found` : "One or more target groups not found");
export const listenerNotFound = () => new AwsError("ListenerNotFound", "One or more listeners not found");
export const ruleNotFound = () => new AwsError("RuleNotFound", "One or more rules not found");
export const validationError = (message: string) => new AwsError("ValidationError", message);
export const invalidConfiguration = (message: string) => new AwsError("InvalidConfigurationRequest", message);

/** What AWS has and drydock hasn't: refused, so that nobody believes it to be in force. */
export const notBuilt = (what: string) =>
  new AwsError("InvalidConfigurationRequest", `drydock's load balancer doesn't have ${what} yet.`);

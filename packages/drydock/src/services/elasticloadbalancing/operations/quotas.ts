import type { SslPolicy } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import type { ElbOperations } from "./context.ts";

/** The default quotas of an account, https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const limits: Record<string, string> = {
  "application-load-balancers": "50",
  "condition-values-per-alb-rule": "5",
  "condition-wildcards-per-alb-rule": "6",
  "listeners-per-application-load-balancer": "50",
  "rules-per-application-load-balancer": "100",
  "target-groups": "3000",
  "target-groups-per-action-on-application-load-balancer": "5",
  "target-groups-per-application-load-balancer": "100",
  "targets-per-application-load-balancer": "1000",
  "targets-per-target-group": "1000",
};

const tls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
const tls12 = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
];
/** Policies without the weak ciphers of the older ones. */
const policies: SslPolicy[] = [
  policy("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", ["TLSv1.2", "TLSv1.3"], [...tls13, ...tls12]),
  policy("ELBSecurityPolicy-TLS13-1-3-2021-06", ["TLSv1.3"], tls13),
];

function policy(name: string, protocols: string[], ciphers: string[]): SslPolicy {
  return {
    Name: name,
    SslProtocols: protocols,
    Ciphers: ciphers.map((cipher, index) => ({ Name: cipher, Priority: index + 1 })),
    SupportedLoadBalancerTypes: ["application", "network"],
  };
}

export function quotaOperations(): Pick<ElbOperations, "DescribeAccountLimits" | "DescribeSSLPolicies"> {
  return {
    DescribeAccountLimits({ Marker, PageSize }) {
      const all = Object.entries(limits).map(([Name, Max]) => ({ Name, Max }));
      const page = paginate(all, ({ Name }) => Name, {
        token: Marker,
        limit: PageSize ?? 400,
        invalidTokenCode: "ValidationError",
      });
      return { Limits: page.items, NextMarker: page.nextToken };
    },

    DescribeSSLPolicies({ Names, LoadBalancerType, Marker, PageSize }) {
      const missing = Names?.find((name) => !policies.some(({ Name }) => Name === name));
      if (missing !== undefined) throw new AwsError("SSLPolicyNotFound", `SSL policy '${missing}' not found`);
      const found = policies.filter(
        ({ Name = "", SupportedLoadBalancerTypes = [] }) =>
          (!Names?.length || Names.includes(Name)) &&
          (LoadBalancerType === undefined || SupportedLoadBalancerTypes.includes(LoadBalancerType)),
      );
      const page = paginate(found, ({ Name = "" }) => Name, {
        token: Marker,
        limit: PageSize ?? 400,
        invalidTokenCode: "ValidationError",
      });
      return { SslPolicies: page.items, NextMarker: page.nextToken };
    },
  };
}

import { invalidConfiguration, notBuilt, validationError } from "./errors.ts";

interface AttributeRule {
  default: string;
  /** What AWS takes as a value. */
  accepts: RegExp | [minimum: number, maximum: number];
  /** Values that AWS takes but that would have no effect here; each is refused with this name for it. */
  notBuilt?: { values: RegExp; what: string };
}

const flag = /^(true|false)$/;
const anything = /^.*$/;
const logs = (what: string) => ({ values: /^true$/, what });

/** The attributes a kind of resource has: their defaults, and which values may be set. */
class AttributeSet {
  private readonly rules: Record<string, AttributeRule>;

  constructor(rules: Record<string, AttributeRule>) {
    this.rules = rules;
  }

  /** The value that counts: the one set, or the default. */
  value(attributes: Record<string, string>, key: string): string {
    return attributes[key] ?? this.rules[key]?.default ?? "";
  }

  /** All attributes with their values, as the Describe operations answer. */
  describe(attributes: Record<string, string>): { Key: string; Value: string }[] {
    return Object.keys(this.rules).map((Key) => ({ Key, Value: this.value(attributes, Key) }));
  }

  /** The attributes after a change. Throws for a key or value that AWS, or drydock, doesn't take. */
  change(attributes: Record<string, string>, changes: { Key?: string; Value?: string }[]): Record<string, string> {
    const next = { ...attributes };
    for (const { Key: key = "", Value: value = "" } of changes) {
      const rule = this.rules[key];
      if (!rule) throw validationError(`Attribute '${key}' is not recognized`);
      if (value !== rule.default) check(key, value, rule);
      next[key] = value;
    }
    return next;
  }
}

function check(key: string, value: string, rule: AttributeRule): void {
  const { accepts } = rule;
  if (Array.isArray(accepts)) {
    const [minimum, maximum] = accepts;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= minimum && number <= maximum))
      throw validationError(`'${key}' value '${value}' must be between '${minimum}-${maximum}' inclusive`);
  } else if (!accepts.test(value)) {
    throw invalidConfiguration(`'${value}' is not a valid value for the attribute '${key}'`);
  }
  if (rule.notBuilt?.values.test(value)) throw notBuilt(`${rule.notBuilt.what} (${key}=${value})`);
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#load-balancer-attributes */
export const loadBalancerAttributes = new AttributeSet({
  "access_logs.s3.enabled": { default: "false", accepts: flag, notBuilt: logs("access logs") },
  "access_logs.s3.bucket": { default: "", accepts: anything },
  "access_logs.s3.prefix": { default: "", accepts: anything },
  "connection_logs.s3.enabled": { default: "false", accepts: flag, notBuilt: logs("connection logs") },
  "connection_logs.s3.bucket": { default: "", accepts: anything },
  "connection_logs.s3.prefix": { default: "", accepts: anything },
  "health_check_logs.s3.enabled": { default: "false", accepts: flag, notBuilt: logs("health check logs") },
  "health_check_logs.s3.bucket": { default: "", accepts: anything },
  "health_check_logs.s3.prefix": { default: "", accepts: anything },
  "idle_timeout.timeout_seconds": { default: "60", accepts: [1, 4000] },
  "client_keep_alive.seconds": { default: "3600", accepts: [60, 604_800] },
  "deletion_protection.enabled": { default: "false", accepts: flag },
  "ipv6.deny_all_igw_traffic": { default: "false", accepts: flag },
  "load_balancing.cross_zone.enabled": { default: "true", accepts: /^true$/ },
  // Only HTTPS listeners speak HTTP/2 and add TLS headers, and there is no firewall that could fail.
  "routing.http2.enabled": { default: "true", accepts: flag },
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": { default: "false", accepts: flag },
  "waf.fail_open.enabled": { default: "false", accepts: flag },
  // The Host header always reaches the target as it came.
  "routing.http.preserve_host_header.enabled": { default: "false", accepts: flag },
  "routing.http.desync_mitigation_mode": {
    default: "defensive",
    accepts: /^(monitor|defensive|strictest)$/,
    notBuilt: { values: /^monitor$/, what: "a mode that lets ambiguous requests through" },
  },
  "routing.http.drop_invalid_header_fields.enabled": { default: "false", accepts: flag },
  "routing.http.xff_client_port.enabled": { default: "false", accepts: flag },
  "routing.http.xff_header_processing.mode": { default: "append", accepts: /^(append|preserve|remove)$/ },
  "zonal_shift.config.enabled": { default: "false", accepts: flag, notBuilt: logs("zonal shift") },
});

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
export const targetGroupAttributes = new AttributeSet({
  "deregistration_delay.timeout_seconds": { default: "300", accepts: [0, 3600] },
  "stickiness.enabled": { default: "false", accepts: flag },
  "stickiness.type": {
    default: "lb_cookie",
    accepts: /^(lb_cookie|app_cookie)$/,
    notBuilt: { values: /^app_cookie$/, what: "stickiness by a cookie of the application" },
  },
  "stickiness.lb_cookie.duration_seconds": { default: "86400", accepts: [1, 604_800] },
  "stickiness.app_cookie.cookie_name": { default: "", accepts: anything },
  "stickiness.app_cookie.duration_seconds": { default: "86400", accepts: [1, 604_800] },
  "slow_start.duration_seconds": {
    default: "0",
    accepts: [30, 900],
    notBuilt: { values: /^[1-9]/, what: "a slow start for new targets" },
  },
  "load_balancing.algorithm.type": {
    default: "round_robin",
    accepts: /^(round_robin|least_outstanding_requests|weighted_random)$/,
  },
  "load_balancing.algorithm.anomaly_mitigation": {
    default: "off",
    accepts: /^(on|off)$/,
    notBuilt: { values: /^on$/, what: "anomaly mitigation" },
  },
  "load_balancing.cross_zone.enabled": {
    default: "use_load_balancer_configuration",
    accepts: /^(true|false|use_load_balancer_configuration)$/,
    notBuilt: { values: /^false$/, what: "zones of its own to keep requests in" },
  },
  // There is no DNS to fail over by: every zone has the same loopback address.
  "target_group_health.dns_failover.minimum_healthy_targets.count": { default: "1", accepts: /^(off|[1-9]\d{0,3})$/ },
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": {
    default: "off",
    accepts: /^(off|[1-9]\d?|100)$/,
  },
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": { default: "1", accepts: [1, 1000] },
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": {
    default: "off",
    accepts: /^(off|[1-9]\d?|100)$/,
  },
});

const headerValue: AttributeRule = {
  default: "",
  accepts: anything,
  notBuilt: { values: /./, what: "header rewriting" },
};

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html, for HTTP listeners. */
export const listenerAttributes = new AttributeSet({
  "routing.http.response.server.enabled": {
    default: "true",
    accepts: flag,
    notBuilt: { values: /^false$/, what: "answers of its own without a Server header" },
  },
  "routing.http.response.strict_transport_security.header_value": headerValue,
  "routing.http.response.access_control_allow_origin.header_value": headerValue,
  "routing.http.response.access_control_allow_methods.header_value": headerValue,
  "routing.http.response.access_control_allow_headers.header_value": headerValue,
  "routing.http.response.access_control_allow_credentials.header_value": headerValue,
  "routing.http.response.access_control_expose_headers.header_value": headerValue,
  "routing.http.response.access_control_max_age.header_value": headerValue,
  "routing.http.response.content_security_policy.header_value": headerValue,
  "routing.http.response.x_content_type_options.header_value": headerValue,
  "routing.http.response.x_frame_options.header_value": headerValue,
});

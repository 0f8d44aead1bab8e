import type { Action, Certificate, CreateListenerInput, Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { listenerNotFound, validationError } from "../errors.ts";
import { childArn, type ListenerRecord, listenersOf, rulesOf } from "../state.ts";
import { withTags } from "../tags.ts";
import { checkActions } from "../validation/actions.ts";
import { type Context, type ElbOperations, listenerOf, loadBalancerOf } from "./context.ts";
import { deleteListener } from "./load-balancers.ts";

/** Quota: listeners per Application Load Balancer. */
const maximumListeners = 50;

export function listenerOperations(
  context: Context,
): Pick<
  ElbOperations,
  "CreateListener" | "DescribeListeners" | "ModifyListener" | "DeleteListener" | "DescribeListenerCertificates"
> {
  const { region, state, plane } = context;

  const defaultRule = (listenerArn: string) => rulesOf(state, listenerArn).at(-1);
  const described = ({ listener }: ListenerRecord): Listener => ({
    ...listener,
    DefaultActions: defaultRule(listener.ListenerArn)?.rule.Actions,
  });

  return {
    async CreateListener(input) {
      const { LoadBalancerArn } = input;
      loadBalancerOf(context, LoadBalancerArn);
      if (!input.Port) throw validationError("A listener port must be specified");
      checkPort(input.Port);
      checkProtocol(input);
      const actions = checkActions(context, LoadBalancerArn, input.DefaultActions);
      const tags = withTags([], input.Tags ?? []);
      const siblings = listenersOf(state, LoadBalancerArn);
      const known = siblings.find(({ listener }) => listener.Port === input.Port);
      if (known) {
        if (JSON.stringify(described(known).DefaultActions) !== JSON.stringify(actions)) throw duplicateListener();
        return { Listeners: [described(known)] };
      }
      if (siblings.length >= maximumListeners)
        throw new AwsError("TooManyListeners", `A load balancer can have at most ${maximumListeners} listeners`);
      const ListenerArn = childArn(LoadBalancerArn, "listener");
      const RuleArn = childArn(ListenerArn, "listener-rule");
      region.store.transaction(() => {
        state.listeners.put(ListenerArn, {
          listener: { ListenerArn, LoadBalancerArn, Port: input.Port ?? 0, Protocol: "HTTP" },
          attributes: {},
          realPort: undefined,
        });
        state.rules.put(RuleArn, {
          listenerArn: ListenerArn,
          rule: { RuleArn, Priority: "default", Conditions: [], Actions: actions, IsDefault: true },
        });
        state.tags.put(ListenerArn, tags);
        state.tags.put(RuleArn, []);
      });
      await plane.routingChanged();
      return { Listeners: [described(listenerOf(context, ListenerArn))] };
    },

    DescribeListeners({ LoadBalancerArn, ListenerArns, Marker, PageSize }) {
      if ((LoadBalancerArn === undefined) === !ListenerArns?.length)
        throw validationError("You must specify either listener ARNs or a load balancer ARN");
      if (LoadBalancerArn !== undefined) loadBalancerOf(context, LoadBalancerArn);
      const found =
        LoadBalancerArn === undefined
          ? state.listeners.list().filter(({ listener }) => ListenerArns?.includes(listener.ListenerArn))
          : listenersOf(state, LoadBalancerArn);
      if (new Set(ListenerArns).size > found.length) throw listenerNotFound();
      const page = paginate(found, ({ listener }) => listener.ListenerArn, {
        token: Marker,
        limit: PageSize ?? 400,
        invalidTokenCode: "ValidationError",
      });
      return { Listeners: page.items.map(described), NextMarker: page.nextToken };
    },

    async ModifyListener(input) {
      const record = listenerOf(context, input.ListenerArn);
      const { LoadBalancerArn } = record.listener;
      checkProtocol(input);
      const Port = input.Port ?? record.listener.Port;
      checkPort(Port);
      const taken = listenersOf(state, LoadBalancerArn).some(
        ({ listener }) => listener.Port === Port && listener.ListenerArn !== input.ListenerArn,
      );
      if (taken) throw duplicateListener();
      const rule = defaultRule(input.ListenerArn);
      const actions: Action[] | undefined =
        input.DefaultActions && checkActions(context, LoadBalancerArn, input.DefaultActions);
      region.store.transaction(() => {
        const realPort = Port === record.listener.Port ? record.realPort : undefined;
        state.listeners.put(input.ListenerArn, { ...record, listener: { ...record.listener, Port }, realPort });
        if (actions && rule) state.rules.put(rule.rule.RuleArn, { ...rule, rule: { ...rule.rule, Actions: actions } });
      });
      await plane.routingChanged();
      return { Listeners: [described(listenerOf(context, input.ListenerArn))] };
    },

    async DeleteListener({ ListenerArn }) {
      listenerOf(context, ListenerArn);
      region.store.transaction(() => deleteListener(state, ListenerArn));
      await plane.routingChanged();
      return {};
    },

    /** HTTP listeners have none, and there are no others. */
    DescribeListenerCertificates({ ListenerArn }) {
      listenerOf(context, ListenerArn);
      return { Certificates: [] };
    },
  };
}

function checkPort(port: number): void {
  if (!(port >= 1 && port <= 65_535)) throw validationError(`Port '${port}' must be between '1-65535' inclusive`);
}

function checkProtocol(
  input: Pick<CreateListenerInput, "Protocol" | "SslPolicy" | "AlpnPolicy" | "MutualAuthentication"> & {
    Certificates?: Certificate[];
    ListenerArn?: string;
  },
): void {
  if (input.Protocol === undefined && input.ListenerArn === undefined)
    throw validationError("A listener protocol must be specified");
  if (input.Protocol === "HTTPS")
    throw new AwsError(
      "UnsupportedProtocol",
      "drydock has no HTTPS listeners yet, since it has no certificates. Use an HTTP listener in the local environment.",
    );
  if (input.Protocol !== undefined && input.Protocol !== "HTTP")
    throw validationError(`Listener protocol '${input.Protocol}' must be one of 'HTTP, HTTPS'`);
  if (input.Certificates?.length) throw validationError("Certificates cannot be specified for HTTP listeners");
  if (input.SslPolicy !== undefined) throw validationError("SSL policy cannot be specified for HTTP listeners");
  if (input.AlpnPolicy?.length) throw validationError("ALPN policy cannot be specified for HTTP listeners");
  if (input.MutualAuthentication && input.MutualAuthentication.Mode !== "off")
    throw validationError("Mutual authentication cannot be specified for HTTP listeners");
}

function duplicateListener(): AwsError {
  return new AwsError("DuplicateListener", "A listener already exists on this port for this load balancer");
}

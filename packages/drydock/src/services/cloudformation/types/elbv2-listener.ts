import {
  CreateListenerInput$,
  type CreateListenerCommandInput as Input,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ifThere, present } from "../engine/calls.ts";
import { inPlace, list, number, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { attributeList, changedAttributes } from "./elbv2-attributes.ts";

export const listener = defineResourceType({
  properties: {
    AlpnPolicy: inPlace(list(text)),
    Certificates: inPlace(sdkShape<Input, "Certificates">(CreateListenerInput$, "Certificates")),
    DefaultActions: required(inPlace(sdkShape<Input, "DefaultActions">(CreateListenerInput$, "DefaultActions"))),
    ListenerAttributes: inPlace(attributeList),
    LoadBalancerArn: required(replacement(text)),
    Port: inPlace(number),
    Protocol: inPlace(sdkShape<Input, "Protocol">(CreateListenerInput$, "Protocol")),
    SslPolicy: inPlace(text),
  },
  unsupported: ["MutualAuthentication"],
  attributes: ["ListenerArn"],
  // A listener has tags in the API, but none in a template.
  taggable: false,
  async create({ region, properties, made }) {
    const { ListenerAttributes, ...rest } = properties;
    const elb = region.call("elasticloadbalancing");
    const { Listeners = [] } = await elb.CreateListener(rest);
    const arn = present(Listeners[0]?.ListenerArn, "ListenerArn");
    made(arn);
    if (ListenerAttributes) await elb.ModifyListenerAttributes({ ListenerArn: arn, Attributes: ListenerAttributes });
    return arn;
  },
  read: async ({ physicalId }) => ({ ListenerArn: physicalId }),
  async update({ region, physicalId: ListenerArn, properties, previous }) {
    const elb = region.call("elasticloadbalancing");
    const { ListenerAttributes, LoadBalancerArn: _loadBalancer, ...rest } = properties;
    await elb.ModifyListener({ ListenerArn, ...rest });
    const Attributes = changedAttributes(previous.ListenerAttributes, ListenerAttributes);
    if (Attributes.length > 0) await elb.ModifyListenerAttributes({ ListenerArn, Attributes });
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/ListenerNotFound/, region.call("elasticloadbalancing").DeleteListener({ ListenerArn: physicalId }));
  },
});

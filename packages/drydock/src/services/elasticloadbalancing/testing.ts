import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DescribeTagsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { DrydockOptions } from "../../drydock.ts";
import { startTestDrydock } from "../../testing.ts";

/** A region with a network to put load balancers into. */
export async function startElb(options: Partial<DrydockOptions> & { keep?: boolean } = {}) {
  const drydock = await startTestDrydock(options);
  const ec2 = drydock.client(EC2Client);
  const elb = drydock.client(ElasticLoadBalancingV2Client);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const vpcId = Vpc?.VpcId ?? "";
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const gateway = InternetGateway?.InternetGatewayId;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: vpcId, InternetGatewayId: gateway }));
  const subnet = async (CidrBlock: string, AvailabilityZone: string) =>
    (await ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock, AvailabilityZone }))).Subnet?.SubnetId ?? "";
  const subnets = [await subnet("10.0.1.0/24", "eu-west-1a"), await subnet("10.0.2.0/24", "eu-west-1b")];

  return {
    drydock,
    elb,
    ec2,
    vpcId,
    subnets,

    async loadBalancer(Name = "web"): Promise<string> {
      const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name, Subnets: subnets }));
      return LoadBalancers?.[0]?.LoadBalancerArn ?? "";
    },

    async targetGroup(Name = "web", settings: Partial<CreateTargetGroupCommandInput> = {}): Promise<string> {
      const { TargetGroups } = await elb.send(
        new CreateTargetGroupCommand({ Name, Protocol: "HTTP", Port: 80, VpcId: vpcId, TargetType: "ip", ...settings }),
      );
      return TargetGroups?.[0]?.TargetGroupArn ?? "";
    },

    /** A listener on port 80 that forwards everything to a target group. */
    async listener(LoadBalancerArn: string, TargetGroupArn: string): Promise<string> {
      const { Listeners } = await elb.send(
        new CreateListenerCommand({
          LoadBalancerArn,
          Port: 80,
          Protocol: "HTTP",
          DefaultActions: [{ Type: "forward", TargetGroupArn }],
        }),
      );
      return Listeners?.[0]?.ListenerArn ?? "";
    },

    /** What the tag `aws:drydock:url` says. */
    async url(arn: string): Promise<string | undefined> {
      const { TagDescriptions } = await elb.send(new DescribeTagsCommand({ ResourceArns: [arn] }));
      return TagDescriptions?.[0]?.Tags?.find(({ Key }) => Key === "aws:drydock:url")?.Value;
    },

    /** States and reasons by `address:port`. */
    async health(TargetGroupArn: string): Promise<Record<string, string>> {
      const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
      return Object.fromEntries(
        TargetHealthDescriptions.map(({ Target, TargetHealth }) => [
          `${Target?.Id}:${Target?.Port}`,
          [TargetHealth?.State, TargetHealth?.Reason].filter(Boolean).join(" "),
        ]),
      );
    },
  };
}

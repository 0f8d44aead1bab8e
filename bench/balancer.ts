import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAws } from "@fardel/core";
import { ended, freePort, has, type Machine } from "./machine.ts";
import { byTurns, least, most } from "./measure.ts";
import { startDrydock } from "./regions.ts";
import { atLeast, atMost, milliseconds, type Row, rate, skipped } from "./row.ts";
import { wrk } from "./wrk.ts";

export const about = `One nginx worker answers a few bytes; in front of it stands drydock's load balancer (a listener, a target group and a registered
target, made through the API), another nginx worker, or haproxy with one thread, each with connections kept alive to both sides. Requests
per second with 32 connections of wrk; the 99th percentile with two, so that it isn't the time spent queueing, and less what the target alone takes.`;

export async function balancer(machine: Machine): Promise<Row[]> {
  if (!has("wrk", "-v") || !has("nginx", "-v")) return [skipped("load balancer", "wrk or nginx")];
  const directory = join(machine.directory, "balancer");
  mkdirSync(directory);
  const target = await freePort();
  const processes = [startNginx(machine, directory, "target", `listen 127.0.0.1:${target}; return 200 "pong\\n";`)];
  const drydock = await startDrydock(machine);
  const proxyPort = await freePort();
  processes.push(
    startNginx(
      machine,
      directory,
      "proxy",
      `listen 127.0.0.1:${proxyPort}; location / { proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; }`,
      target,
    ),
    drydock.process,
  );
  const urls: Record<string, string> = {
    target: `http://127.0.0.1:${target}/`,
    drydock: await drydockListener(drydock.endpoint, target),
    nginx: `http://127.0.0.1:${proxyPort}/`,
  };
  if (has("haproxy", "-v")) {
    const port = await freePort();
    processes.push(startHaproxy(machine, directory, port, target));
    urls.haproxy = `http://127.0.0.1:${port}/`;
  }
  for (const url of Object.values(urls)) await untilAnswering(url);
  const under = (connections: number, of: "requestsPerSecond" | "p99") =>
    Object.fromEntries(
      Object.entries(urls).map(([name, url]) => [
        name,
        async () => (await wrk(machine, url, { connections, seconds: 2 }))[of],
      ]),
    );
  const rates = await byTurns(2, under(32, "requestsPerSecond"));
  const tails = await byTurns(2, under(2, "p99"));
  for (const each of processes) await ended(each);

  const rateOf = (name: string) => most(rates[name] ?? []);
  const added = (name: string) => Math.max(0, least(tails[name] ?? []) - least(tails.target ?? []));
  const ours = rateOf("drydock");
  return Object.keys(urls)
    .filter((name) => name !== "drydock" && name !== "target")
    .flatMap((peer) => {
      const ratio = ours / rateOf(peer);
      const aimed = peer === "nginx";
      return [
        {
          what: "load balancer, requests",
          measured: rate(ours),
          beside: `${peer} ${rate(rateOf(peer))}`,
          ratio,
          ...(aimed && { aim: atLeast(0.4, ratio, "×") }),
        },
        {
          what: "load balancer, 99th percentile added",
          measured: milliseconds(added("drydock")),
          beside: `${peer} ${milliseconds(added(peer))}`,
          ...(aimed && { aim: atMost(3, added("drydock"), " ms") }),
        },
      ];
    });
}

/** A load balancer made as a client of AWS makes one; gives the address of its listener. */
async function drydockListener(endpoint: string, port: number): Promise<string> {
  const aws = connectAws({ environment: "local", region: "eu-west-1", endpoint });
  const { Vpc } = await aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" });
  const VpcId = Vpc?.VpcId;
  const { InternetGateway } = await aws.ec2.createInternetGateway({});
  await aws.ec2.attachInternetGateway({ VpcId, InternetGatewayId: InternetGateway?.InternetGatewayId });
  const subnets = ["a", "b"].map(async (zone, index) => {
    const subnet = { VpcId, CidrBlock: `10.0.${index}.0/24`, AvailabilityZone: `eu-west-1${zone}` };
    return (await aws.ec2.createSubnet(subnet)).Subnet?.SubnetId ?? "";
  });
  const { LoadBalancers } = await aws.elbv2.createLoadBalancer({ Name: "bench", Subnets: await Promise.all(subnets) });
  const group = {
    Name: "bench",
    Protocol: "HTTP",
    Port: 80,
    VpcId,
    TargetType: "ip",
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    HealthyThresholdCount: 2,
  } as const;
  const TargetGroupArn = (await aws.elbv2.createTargetGroup(group)).TargetGroups?.[0]?.TargetGroupArn;
  await aws.elbv2.registerTargets({
    TargetGroupArn,
    Targets: [{ Id: "127.0.0.1", Port: port, AvailabilityZone: "all" }],
  });
  const { Listeners } = await aws.elbv2.createListener({
    LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
    Port: 80,
    Protocol: "HTTP",
    DefaultActions: [{ Type: "forward", TargetGroupArn }],
  });
  const { TagDescriptions } = await aws.elbv2.describeTags({ ResourceArns: [Listeners?.[0]?.ListenerArn ?? ""] });
  return TagDescriptions?.[0]?.Tags?.find(({ Key }) => Key === "aws:drydock:url")?.Value ?? "";
}

function startNginx(machine: Machine, directory: string, name: string, server: string, target?: number) {
  const file = join(directory, `${name}.conf`);
  const upstream = target === undefined ? "" : `upstream target { server 127.0.0.1:${target}; keepalive 64; }`;
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${directory}/${name}.pid; error_log stderr error;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; ${upstream} server { ${server} } }
`,
  );
  return machine.start("nginx", ["-c", file, "-p", directory], { stdio: "ignore" });
}

function startHaproxy(machine: Machine, directory: string, port: number, target: number) {
  const file = join(directory, "haproxy.cfg");
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend front
  bind 127.0.0.1:${port}
  default_backend target
backend target
  http-reuse always
  server one 127.0.0.1:${target}
`,
  );
  return machine.start("haproxy", ["-f", file, "-db"], { stdio: "ignore" });
}

async function untilAnswering(url: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.arrayBuffer().then(() => response.status),
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`${url} answers ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

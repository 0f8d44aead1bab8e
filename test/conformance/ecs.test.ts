import { ECS } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { conformance, refusals } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_${page}.html`;

// What the service's own tests, beside it, don't call.
conformance((target) => {
  const ecs = target.client(ECS);

  test("UpdateCluster changes a cluster's settings", async () => {
    await ecs.createCluster({ clusterName: "settings" });
    const settings = [{ name: "containerInsights" as const, value: "enabled" }];
    const { cluster } = await ecs.updateCluster({ cluster: "settings", settings });
    expect(cluster).toMatchObject({ clusterName: "settings", settings });
    const described = await ecs.describeClusters({ clusters: ["settings"], include: ["SETTINGS"] });
    expect(described.clusters?.[0]?.settings).toEqual(settings);
  });

  test("an account's setting is its default until it is put, and again when it is deleted", async () => {
    await target.motoDiffers(reference("PutAccountSettingDefault"), async () => {
      const name = "containerInsights" as const;
      const value = async () => (await ecs.listAccountSettings({ name, effectiveSettings: true })).settings?.[0]?.value;
      await ecs.putAccountSettingDefault({ name, value: "enabled" });
      expect(await value()).toBe("enabled");
      await ecs.deleteAccountSetting({ name });
      expect(await value()).toBe("disabled");
    });
  });

  refusals(target, [
    ["to update no cluster", () => ecs.updateCluster({ cluster: "none" }), "ClusterNotFoundException"],
    [
      "to protect tasks of no cluster",
      () => ecs.updateTaskProtection({ cluster: "none", tasks: ["t"], protectionEnabled: true }),
      "ClusterNotFoundException",
      reference("UpdateTaskProtection"),
    ],
  ]);
});

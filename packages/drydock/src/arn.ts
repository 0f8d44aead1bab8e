import type { Region } from "./region.ts";

/** `arn:aws:<service>:<region>:<account>:<resource>` */
export function regionalArn(region: Region, service: string, resource: string): string {
  return `arn:aws:${service}:${region.name}:${region.accountId}:${resource}`;
}

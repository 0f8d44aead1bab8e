import type { StandardUnit } from "@aws-sdk/client-cloudwatch";

/** What one of the region's services has to tell of one minute. */
export interface Measurement {
  namespace: string;
  name: string;
  unit: StandardUnit;
  dimensions: Record<string, string>;
  /** Each value with how often it came. */
  values: Iterable<[value: number, count: number]>;
}

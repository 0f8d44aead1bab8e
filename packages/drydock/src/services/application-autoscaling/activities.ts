import type { ScalingActivity } from "@aws-sdk/client-application-auto-scaling";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { type ActivityRecord, activitiesOf, wantedBy } from "./records.ts";

/** "Provides descriptive information about the scaling activities … from the previous six weeks." */
const kept = 6 * 7 * 24 * 60 * 60 * 1000;

export function activityOperations(
  region: Region,
): Operations<typeof import("@aws-sdk/client-application-auto-scaling")> {
  return {
    DescribeScalingActivities: (input) => {
      const { ServiceNamespace, ScalableDimension, ResourceId } = input;
      const wanted = wantedBy({
        ServiceNamespace,
        ScalableDimension,
        ...(ResourceId && { ResourceIds: [ResourceId] }),
      });
      const oldest = region.clock.now() - kept;
      const found = activitiesOf(region)
        .list()
        .filter((activity) => wanted(activity) && activity.started >= oldest)
        .sort((one, other) => (key(one) < key(other) ? -1 : 1));
      const page = paginate(found, key, {
        token: input.NextToken,
        limit: input.MaxResults ?? 50,
        invalidTokenCode: "InvalidNextTokenException",
      });
      return { ScalingActivities: page.items.map(describe), NextToken: page.nextToken };
    },
  };
}

/** The latest first. */
function key({ started, ActivityId }: ActivityRecord): string {
  return `${String(Number.MAX_SAFE_INTEGER - started).padStart(16, "0")}/${ActivityId}`;
}

function describe({ started, ended, ...activity }: ActivityRecord): ScalingActivity {
  return { ...activity, StartTime: new Date(started), EndTime: new Date(ended) };
}

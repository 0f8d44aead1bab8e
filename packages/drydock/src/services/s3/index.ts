import { defineService } from "../../service.ts";
import { bucketOperations } from "./bucket-operations.ts";
import { bucketSettingOperations } from "./bucket-setting-operations.ts";
import { listingOperations } from "./listing-operations.ts";
import { multipartOperations } from "./multipart-operations.ts";
import { objectOperations } from "./object-operations.ts";
import { Objects } from "./objects.ts";

export const s3 = defineService({
  name: "s3",
  load: () => import("@aws-sdk/client-s3"),
  operations: (region) => {
    const objects = new Objects(region);
    return {
      ...bucketOperations(region, objects),
      ...bucketSettingOperations(objects),
      ...objectOperations(region, objects),
      ...listingOperations(objects),
      ...multipartOperations(region, objects),
    };
  },
});

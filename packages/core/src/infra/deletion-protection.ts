import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import { FardelError } from "../errors.ts";

/**
 * Lifts the deletion protection of the databases that a stack holds, past CloudFormation: where creating the stack
 * failed, its rollback can't delete them ("Cannot delete protected DB Instance"), and neither could anyone who deletes
 * the stack. By the stack's id: one of the same name may have come up meanwhile. Throws `DATABASE_BUSY`.
 */
export async function liftDeletionProtection(aws: Aws, stackId: string): Promise<void> {
  const { StackResources = [] } = await aws.cloudFormation.describeStackResources({ StackName: stackId });
  const databases = StackResources.filter(
    ({ ResourceType, ResourceStatus }) =>
      ResourceType === "AWS::RDS::DBInstance" && ResourceStatus !== "DELETE_COMPLETE",
  );
  await Promise.all(databases.map(({ PhysicalResourceId }) => liftProtectionOf(aws, PhysicalResourceId)));
}

async function liftProtectionOf(aws: Aws, identifier: string | undefined): Promise<void> {
  // One that never began to be made has no name yet.
  if (!identifier) return;
  try {
    await aws.rds.modifyDBInstance({
      DBInstanceIdentifier: identifier,
      DeletionProtection: false,
      ApplyImmediately: true,
    });
  } catch (error) {
    // RDS refused to make it, or it was deleted by hand.
    if (isAwsError(error, "DBInstanceNotFoundFault")) return;
    if (!isAwsError(error, "InvalidDBInstanceStateFault")) throw error;
    throw new FardelError("DATABASE_BUSY", `The database ${identifier} can't be removed while it is being changed.`, {
      where: `DBInstanceIdentifier ${identifier}`,
      why: error.why ?? "RDS takes no change of it now.",
      fix: "Wait until RDS has it as available, then run the command again.",
      exitCode: 5,
      cause: error,
    });
  }
}

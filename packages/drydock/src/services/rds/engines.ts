import { AwsError } from "../../errors.ts";
import { postgresReleases } from "../../runtime/postgres/binaries.ts";
import type { Operations } from "../../service.ts";

/** The full version for what a caller asked: nothing (the bundled one), a major version, or a full one. */
export function resolveEngineVersion(engine: string, wanted: string | undefined): string {
  if (engine !== "postgres") {
    throw new AwsError("InvalidParameterValue", `drydock runs the engine postgres; ${engine} is not built.`);
  }
  const found = postgresReleases.find(({ version, bundled }) =>
    wanted === undefined ? bundled : version === wanted || majorOf(version) === majorOf(wanted),
  );
  if (!found) throw new AwsError("InvalidParameterCombination", `Cannot find version ${wanted} for postgres`);
  return found.version;
}

export function majorOf(version: string): string {
  return version.split(".")[0] ?? version;
}

export function engineOperations(): Operations<typeof import("@aws-sdk/client-rds")> {
  const versions = (engine: string | undefined, wanted: string | undefined) =>
    engine !== undefined && engine !== "postgres"
      ? []
      : postgresReleases.filter(({ version }) => !wanted || version === wanted || majorOf(version) === wanted);

  return {
    DescribeDBEngineVersions: (input) => ({
      DBEngineVersions: versions(input.Engine, input.EngineVersion)
        .filter(({ bundled }) => !input.DefaultOnly || bundled)
        .filter(
          ({ version }) =>
            !input.DBParameterGroupFamily || input.DBParameterGroupFamily === `postgres${majorOf(version)}`,
        )
        .map(({ version }) => ({
          Engine: "postgres",
          EngineVersion: version,
          MajorEngineVersion: majorOf(version),
          DBParameterGroupFamily: `postgres${majorOf(version)}`,
          DBEngineDescription: "PostgreSQL",
          DBEngineVersionDescription: `PostgreSQL ${version}`,
          Status: "available",
          ValidUpgradeTarget: [],
          SupportedFeatureNames: [],
        })),
    }),

    // Any instance class is taken: it says how large the server would be, which a laptop's is not.
    DescribeOrderableDBInstanceOptions: (input) => ({
      OrderableDBInstanceOptions: versions(input.Engine, input.EngineVersion).map(({ version }) => ({
        Engine: "postgres",
        EngineVersion: version,
        DBInstanceClass: input.DBInstanceClass ?? "db.t4g.micro",
        LicenseModel: "postgresql-license",
        StorageType: "gp3",
        MultiAZCapable: true,
        SupportsStorageEncryption: true,
        Vpc: true,
      })),
    }),
  };
}

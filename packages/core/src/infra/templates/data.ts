import type { App, Database } from "../../config/app.ts";
import { privateSubnetOutputs } from "./cluster.ts";
import { jsonText } from "./json-text.ts";
import {
  exported,
  getAtt,
  importFrom,
  logicalId,
  type Resource,
  ref,
  type Template,
  template,
  type Value,
} from "./template.ts";

export interface DataProtection {
  /** RDS refuses to delete the database. */
  deletionProtection: boolean;
  /** A deleted or replaced database leaves a snapshot. */
  finalSnapshot: boolean;
}

export const postgresPort = 5432;
const masterUsername = "fardel";

/**
 * The databases of an app in private subnets. Nobody reaches them until the application stack lets its services in.
 * Each has a secret with its generated password and one with everything a client needs, URL included.
 */
export function dataTemplate(app: App, stack: string, protection: DataProtection): Template {
  const databases = Object.values(app.databases);
  return template(
    `fardel: databases of ${app.name} in ${app.environment}`,
    {
      SubnetGroup: {
        Type: "AWS::RDS::DBSubnetGroup",
        Properties: {
          DBSubnetGroupDescription: `Private subnets of ${app.cluster}`,
          SubnetIds: privateSubnetOutputs.map((output) => importFrom(app.cluster, output)),
        },
      },
      DatabaseSecurityGroup: {
        Type: "AWS::EC2::SecurityGroup",
        Properties: {
          GroupDescription: `Databases of ${app.name} in ${app.environment}`,
          VpcId: importFrom(app.cluster, "VpcId"),
        },
      },
      ...Object.assign({}, ...databases.map((database) => databaseResources(database, protection))),
    },
    {
      ...exported(stack, "DatabaseSecurityGroup", getAtt("DatabaseSecurityGroup", "GroupId")),
      ...Object.assign(
        {},
        ...databases.map((database) => {
          const id = connectionSecretId(database.name);
          return exported(stack, id, ref(id));
        }),
      ),
    },
  );
}

/** Resources that hold data: a database, and the password that opens it. */
export const preciousTypes = ["AWS::RDS::DBInstance", "AWS::SecretsManager::Secret"];

/** Forbids updates that would lose a database or its password; only deleting the whole stack can. */
export const dataStackPolicy: Value = {
  Statement: [
    { Effect: "Allow", Principal: "*", Action: "Update:*", Resource: "*" },
    {
      Effect: "Deny",
      Principal: "*",
      Action: ["Update:Replace", "Update:Delete"],
      Resource: "*",
      Condition: { StringEquals: { ResourceType: preciousTypes } },
    },
  ],
};

/** Logical id, and name of the output, of the JSON secret with the keys url, host, port, name, user and password. */
export function connectionSecretId(database: string): string {
  return logicalId(database, "Connection");
}

function databaseResources(database: Database, protection: DataProtection): Record<string, Resource> {
  const id = logicalId(database.name, "Database");
  const credentialsId = logicalId(database.name, "Credentials");
  const parametersId = logicalId(database.name, "Parameters");
  const credential = (key: string) => `{{resolve:secretsmanager:\${${credentialsId}}:SecretString:${key}}}`;
  const databaseName = database.name.replaceAll("-", "_");
  const address = `\${${id}.Endpoint.Address}`;
  const port = `\${${id}.Endpoint.Port}`;
  return {
    [credentialsId]: {
      Type: "AWS::SecretsManager::Secret",
      Properties: {
        Description: `Master user of database ${database.name}`,
        GenerateSecretString: {
          SecretStringTemplate: JSON.stringify({ username: masterUsername }),
          GenerateStringKey: "password",
          PasswordLength: 40,
          // Letters and digits go into a URL and into JSON as they are.
          ExcludePunctuation: true,
        },
      },
    },
    [parametersId]: {
      Type: "AWS::RDS::DBParameterGroup",
      Properties: {
        Family: `${database.engine}${database.version.split(".")[0]}`,
        Description: `Settings of database ${database.name}`,
        // RDS offers TLS either way. Demanding it, its default from PostgreSQL 15 on, locks out every client that doesn't
        // try TLS by itself (node-postgres), and no form of the URL asks all clients for it without RDS's certificates.
        Parameters: { "rds.force_ssl": "0" },
      },
    },
    [id]: {
      Type: "AWS::RDS::DBInstance",
      DeletionPolicy: protection.finalSnapshot ? "Snapshot" : "Delete",
      UpdateReplacePolicy: protection.finalSnapshot ? "Snapshot" : "Delete",
      Properties: {
        Engine: database.engine,
        EngineVersion: database.version,
        AllowMajorVersionUpgrade: true,
        DBInstanceClass: database.instance,
        DBName: databaseName,
        MasterUsername: masterUsername,
        MasterUserPassword: { "Fn::Sub": credential("password") },
        Port: String(postgresPort),
        AllocatedStorage: String(database.storageGiB),
        StorageType: "gp3",
        StorageEncrypted: true,
        MultiAZ: database.multiAz,
        BackupRetentionPeriod: database.backupDays,
        CopyTagsToSnapshot: true,
        DeletionProtection: protection.deletionProtection,
        AutoMinorVersionUpgrade: true,
        PubliclyAccessible: false,
        DBParameterGroupName: ref(parametersId),
        DBSubnetGroupName: ref("SubnetGroup"),
        VPCSecurityGroups: [getAtt("DatabaseSecurityGroup", "GroupId")],
      },
    },
    [connectionSecretId(database.name)]: {
      Type: "AWS::SecretsManager::Secret",
      Properties: {
        Description: `How to reach database ${database.name}`,
        SecretString: jsonText({
          url: {
            "Fn::Sub": `postgres://${credential("username")}:${credential("password")}@${address}:${port}/${databaseName}`,
          },
          host: getAtt(id, "Endpoint.Address"),
          port: getAtt(id, "Endpoint.Port"),
          name: databaseName,
          user: { "Fn::Sub": credential("username") },
          password: { "Fn::Sub": credential("password") },
        }),
      },
    },
  };
}

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTestDrydock, type TestDrydock } from "@fardel/drydock/testing.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AwsCli, awsCli } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";

describeWith("aws", "the AWS CLI: identity, files, parameters and secrets", () => {
  let drydock: TestDrydock;
  let aws: AwsCli;
  const file = (name: string) => join(drydock.directory, name);

  beforeAll(async () => {
    drydock = await startTestDrydock({ keep: true });
    aws = awsCli(drydock, drydock.directory);
  });
  afterAll(() => drydock.close());

  test("says who it is", async () => {
    expect(await aws.json("sts get-caller-identity")).toEqual({
      UserId: "000000000000",
      Account: "000000000000",
      Arn: "arn:aws:iam::000000000000:root",
    });
  });

  test("copies small and large files into a bucket and back, and lists them", async () => {
    writeFileSync(file("small.txt"), "hello\n");
    // Above 8 MiB the CLI uploads in parts and downloads in ranges.
    writeFileSync(file("large"), Buffer.alloc(20 * 1024 * 1024, "0123456789abcdef!"));
    expect(await aws.text("s3 mb s3://files")).toBe("make_bucket: files");
    await Promise.all([
      aws.text("s3 cp small.txt s3://files/notes/small.txt"),
      aws.text("s3 cp large s3://files/large"),
    ]);
    const listed = await aws.text("s3 ls s3://files --recursive");
    expect(listed.split("\n").map((line) => line.slice(19).trim())).toEqual(["20971520 large", "6 notes/small.txt"]);
    expect(await aws.text("s3 ls s3://files")).toMatch(/^PRE notes\/\n.* large$/);
    await aws.text("s3 cp s3://files/large back");
    expect(readFileSync(file("back")).equals(readFileSync(file("large")))).toBe(true);
    expect(await aws.text("s3 cp s3://files/notes/small.txt -")).toBe("hello");
  });

  test("keeps a prefix and a directory in step", async () => {
    mkdirSync(file("site/images"), { recursive: true });
    writeFileSync(file("site/index.html"), "<h1>hello</h1>");
    writeFileSync(file("site/images/logo 1.svg"), "<svg/>");
    const sync = async () => (await aws.text("s3 sync site s3://files/site --delete --no-progress")).split("\n").sort();
    expect(await sync()).toEqual([
      "upload: site/images/logo 1.svg to s3://files/site/images/logo 1.svg",
      "upload: site/index.html to s3://files/site/index.html",
    ]);
    expect(await sync()).toEqual([""]);
    rmSync(file("site/images"), { recursive: true });
    expect(await sync()).toEqual(["delete: s3://files/site/images/logo 1.svg"]);
    await aws.text("s3 sync s3://files/site copy --no-progress");
    expect(readFileSync(file("copy/index.html"), "utf8")).toBe("<h1>hello</h1>");
    await aws.text("s3 rm s3://files/site --recursive");
  });

  test("puts an object only where there is none", async () => {
    const put = "s3api put-object --bucket files --key lock --body small.txt --if-none-match *";
    expect(await aws.json(put)).toMatchObject({ ETag: '"b1946ac92492d2347c6235b4d2611184"' });
    expect(await aws.refusal(put)).toBe(
      "An error occurred (PreconditionFailed) when calling the PutObject operation: " +
        "At least one of the pre-conditions you specified did not hold",
    );
  });

  test("removes what it has put, and then the bucket", async () => {
    expect(await aws.refusal("s3 rb s3://files")).toBe(
      "remove_bucket failed: s3://files An error occurred (BucketNotEmpty) when calling the DeleteBucket operation: " +
        "The bucket you tried to delete is not empty",
    );
    const removed = await aws.text("s3 rm s3://files --recursive");
    expect(removed.split("\n").sort()).toEqual([
      "delete: s3://files/large",
      "delete: s3://files/lock",
      "delete: s3://files/notes/small.txt",
    ]);
    expect(await aws.text("s3 rb s3://files")).toBe("remove_bucket: files");
    expect(await aws.refusal("s3 ls s3://files")).toBe(
      "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist",
    );
  });

  test("keeps parameters by version, and shows secure ones only when asked to decrypt", async () => {
    const put = "ssm put-parameter --name /shop/key --type SecureString --value";
    expect(await aws.json(`${put} first`)).toEqual({ Version: 1, Tier: "Standard" });
    expect(await aws.refusal(`${put} second`)).toBe(
      "An error occurred (ParameterAlreadyExists) when calling the PutParameter operation: The parameter already " +
        "exists. To overwrite this value, set the overwrite option in the request to true.",
    );
    expect(await aws.json(`${put} second --overwrite`)).toEqual({ Version: 2, Tier: "Standard" });
    const value = "--query Parameter.Value --output text";
    expect(await aws.text(`ssm get-parameter --name /shop/key --with-decryption ${value}`)).toBe("second");
    expect(await aws.text(`ssm get-parameter --name /shop/key:1 --with-decryption ${value}`)).toBe("first");
    expect(await aws.text(`ssm get-parameter --name /shop/key ${value}`)).not.toContain("second");
    const byPath = "ssm get-parameters-by-path --path /shop --query Parameters[].[Name,Type,Version]";
    expect(await aws.json(byPath)).toEqual([["/shop/key", "SecureString", 2]]);
  });

  test("keeps secrets by version", async () => {
    await aws.json("secretsmanager create-secret --name stripe --secret-string", '{"key": "old"}');
    await aws.json("secretsmanager put-secret-value --secret-id stripe --secret-string", '{"key": "new"}');
    const get = "secretsmanager get-secret-value --secret-id stripe --query SecretString --output text";
    expect(await aws.text(get)).toBe('{"key": "new"}');
    expect(await aws.text(`${get} --version-stage AWSPREVIOUS`)).toBe('{"key": "old"}');
    await aws.json("secretsmanager delete-secret --secret-id stripe --force-delete-without-recovery");
    expect(await aws.refusal(get)).toBe(
      "An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: " +
        "Secrets Manager can't find the specified secret.",
    );
  });

  test("is told what drydock does not do", async () => {
    expect(await aws.refusal("dynamodb list-tables")).toContain('drydock has no service that signs as "dynamodb"');
    expect(await aws.refusal("ec2 describe-instances")).toContain("drydock does not build ec2:DescribeInstances");
  });
});

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const algorithm = "aes-256-gcm";
const ivBytes = 12;
const tagBytes = 16;

/** Encrypts what must not lie on disk in clear: secret values, SecureString parameters. The key stays in the state directory. */
export class Vault {
  private readonly key: Buffer;

  /** Reads the key file in `directory`, or makes it (mode 0600). */
  constructor(directory: string) {
    this.key = readOrCreateKey(join(directory, "vault.key"));
  }

  seal(value: Uint8Array | string): Uint8Array {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, this.key, iv);
    const sealed = Buffer.concat([cipher.update(value), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  }

  /** Throws when the value was sealed with another key or altered. */
  unseal(sealed: Uint8Array): Buffer {
    const decipher = createDecipheriv(algorithm, this.key, sealed.subarray(0, ivBytes));
    decipher.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]);
  }
}

function readOrCreateKey(path: string): Buffer {
  try {
    writeFileSync(path, randomBytes(32), { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(path);
}

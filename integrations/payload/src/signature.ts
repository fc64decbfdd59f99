import { createHmac } from "node:crypto";

const ENCODED_PREFIX = "whsec_";
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The bytes that sign: a secret that starts with `whsec_` is base64 after the prefix, any other stands for its UTF-8
 * bytes. Throws when what follows the prefix is not base64.
 */
export function signingKey(secret: string): Buffer {
  if (!secret.startsWith(ENCODED_PREFIX)) return Buffer.from(secret, "utf8");
  const encoded = secret.slice(ENCODED_PREFIX.length);
  if (!BASE64.test(encoded)) {
    throw new Error("wellspringPlugin: secret: what follows 'whsec_' is not base64; copy the secret again, whole");
  }
  return Buffer.from(encoded, "base64");
}

/** The value of `Webhook-Signature` by the Standard Webhooks specification, over exactly the bytes that are sent. */
export function sign(key: Buffer, id: string, timestampSeconds: number, body: Buffer): string {
  const mac = createHmac("sha256", key).update(`${id}.${timestampSeconds}.`).update(body);
  return `v1,${mac.digest("base64")}`;
}

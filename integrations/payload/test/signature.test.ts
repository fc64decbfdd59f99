import assert from "node:assert/strict";
import test from "node:test";
import { sign, signingKey } from "../src/signature.js";

test("the example of the Standard Webhooks specification", () => {
  const key = signingKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const body = Buffer.from('{"test": 2432232314}');
  assert.equal(
    sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body),
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
});

test("a secret without the prefix stands for its UTF-8 bytes", () => {
  assert.deepEqual(signingKey("schlüssel"), Buffer.from("schlüssel", "utf8"));
  assert.deepEqual(signingKey("MfKQ9r8G"), Buffer.from("MfKQ9r8G", "ascii"));
});

test("id, time and every byte of the body count", () => {
  const key = signingKey("secret");
  const one = sign(key, "a", 1, Buffer.from("body"));
  for (const other of [
    sign(signingKey("Secret"), "a", 1, Buffer.from("body")),
    sign(key, "b", 1, Buffer.from("body")),
    sign(key, "a", 2, Buffer.from("body")),
    sign(key, "a", 1, Buffer.from("body ")),
  ]) {
    assert.notEqual(one, other);
  }
});

test("what is not base64 after the prefix is refused, not half read", () => {
  assert.throws(() => signingKey("whsec_"), /not base64/);
  assert.throws(() => signingKey("whsec_a secret"), /not base64/);
});

import assert from "node:assert/strict";
import test from "node:test";
import { checkIds, settingsOf, type WellspringOptions } from "../src/options.js";

const of = (options: Partial<WellspringOptions>) => settingsOf({ url: "http://w:8000", collections: ["articles"], ...options });

test("three options are enough", () => {
  const settings = of({ url: "https://w.example.org/base/", secret: "s" });
  assert.equal(settings.url, "https://w.example.org/base");
  assert.deepEqual(settings.key, Buffer.from("s"));
  assert.deepEqual([...settings.collections.keys()], ["articles"]);
  assert.deepEqual([settings.locales, settings.deliveries], ["saved", true]);
});

test("what an empty environment gives is not there", () => {
  const settings = of({ url: undefined, secret: "", token: "" });
  assert.deepEqual([settings.url, settings.key, settings.token], [null, null, null]);
  assert.equal(of({ url: "" }).url, null);
});

test("what cannot work is refused with its name", () => {
  for (const url of ["wellspring:8000", "ftp://w", "nonsense", "http://user:pw@w", "http://w/?a=b"]) {
    assert.throws(() => of({ url }), /wellspringPlugin: url: /, url);
  }
  assert.throws(() => of({ collections: [] }), /collections is empty/);
  assert.throws(() => of({ collections: ["a", { slug: "a" }] }), /names 'a' twice/);
  assert.throws(() => of({ timeoutMs: 0 }), /timeoutMs: 0 is not a whole number from 1 to 300000/);
  assert.throws(() => of({ queueMax: Number.NaN }), /queueMax/);
});

test("two collections that the database numbers need prefixes", () => {
  const plain = of({ collections: ["articles", "posts"] }).collections;
  assert.throws(() => checkIds(plain, "number"), /'articles' and 'posts' are both numbered.*idPrefix: "posts:"/);
  checkIds(plain, "text");
  checkIds(of({ collections: ["articles", { slug: "posts", idPrefix: "posts:" }] }).collections, "number");
});

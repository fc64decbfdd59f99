import { Program } from "./program.js";
import { pluginRun } from "./plugin_run.js";
import { plainRun } from "./plain_run.js";
import { Transcript } from "./transcript.js";

process.env["DISABLE_PAYLOAD_HMR"] = "true";
// Every CMS of this run has a database of its own, and a schema that the one before has pushed to another.
process.env["PAYLOAD_FORCE_DRIZZLE_PUSH"] = "true";

/** `WEBHOOK_SECRET` of both sides. */
const SECRET = `whsec_${Buffer.from("a secret of this test").toString("base64")}`;

const transcript = new Transcript();
const signed = new Program({ WEBHOOK_SECRET: SECRET });
const unsigned = new Program();
try {
  await signed.start();
  await pluginRun(transcript, signed, SECRET);
  await unsigned.start();
  await plainRun(transcript, unsigned);
} finally {
  await signed.remove();
  await unsigned.remove();
}
process.exit(transcript.end());

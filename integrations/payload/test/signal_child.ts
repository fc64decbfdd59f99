// A process with a save to deliver, for lifetime.test.ts to stop. Its own listener is gone once it has told.
import { systemClock } from "../src/clock.js";
import { Courier } from "../src/courier.js";
import { attach } from "../src/lifetime.js";
import { settingsOf } from "../src/options.js";
import { article, FakePayload } from "./fake_payload.js";

const cms = new FakePayload();
const courier = new Courier(settingsOf({ url: process.env["RECEIVER"], collections: ["articles"], shutdownMs: 5_000 }), systemClock);
attach(courier, cms.payload);
cms.documents.set(1, article(1));
courier.changed({ collection: "articles", operation: "update", doc: article(1), previous: article(1), req: cms.request() });
process.once("SIGTERM", () => console.log("told to stop"));
setInterval(() => undefined, 1_000); // As a server that listens.

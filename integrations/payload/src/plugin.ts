import type { CollectionConfig, Config, Payload, Plugin } from "payload";
import { BulkSync, bulkEndpoints, type BulkOptions, type BulkProgress } from "./bulk.js";
import { systemClock } from "./clock.js";
import { Courier } from "./courier.js";
import { deliveriesCollection } from "./deliveries.js";
import { attach } from "./lifetime.js";
import { checkIds, settingsOf, type WellspringOptions } from "./options.js";
import { statusField } from "./status.js";

/** A save with `context: { [SKIP]: true }` is not sent. */
const SKIP = "skipWellspring";
const CUSTOM = "wellspring";

/** Keeps Wellspring in step with the named collections. Throws when the options or the configuration do not fit. */
export function wellspringPlugin(options: WellspringOptions): Plugin {
  const settings = settingsOf(options);
  return (config: Config): Config => {
    const known = (config.collections ?? []).map(({ slug }) => slug);
    for (const slug of settings.collections.keys()) {
      if (known.includes(slug)) continue;
      throw new Error(`wellspringPlugin: there is no collection '${slug}'; the configuration has: ${known.join(", ")}`);
    }
    checkIds(settings.collections, config.db.defaultIDType);
    const courier = new Courier(settings, systemClock);
    const bulk = new BulkSync(courier);
    const collections = (config.collections ?? []).map((collection) =>
      settings.collections.has(collection.slug) ? followed(collection, courier) : collection,
    );
    return {
      ...config,
      collections: settings.deliveries ? [...collections, deliveriesCollection()] : collections,
      endpoints: [...(config.endpoints ?? []), ...bulkEndpoints(courier, bulk)],
      custom: { ...config.custom, [CUSTOM]: bulk },
      onInit: async (payload) => {
        await config.onInit?.(payload);
        if (settings.url === null) payload.logger.warn("wellspring: no url is configured; nothing is sent");
        attach(courier, payload);
      },
    };
  };
}

/** Sends all documents of all followed collections (or of those named) and resolves when they are delivered. */
export async function syncAll(payload: Payload, options: BulkOptions = {}): Promise<BulkProgress> {
  const bulk: unknown = payload.config.custom[CUSTOM];
  if (!(bulk instanceof BulkSync)) throw new Error("syncAll: this configuration of Payload has no wellspringPlugin");
  return bulk.run(payload, options);
}

function followed(collection: CollectionConfig, courier: Courier): CollectionConfig {
  if (courier.settings.url === null) return { ...collection, fields: [...collection.fields, statusField(courier.find.bind(courier))] };
  return {
    ...collection,
    fields: [...collection.fields, statusField(courier.find.bind(courier))],
    hooks: {
      ...collection.hooks,
      afterChange: [
        ...(collection.hooks?.afterChange ?? []),
        ({ collection: { slug }, operation, doc, previousDoc, req, context }) => {
          if (context[SKIP] !== true) courier.changed({ collection: slug, operation, doc, previous: previousDoc ?? {}, req });
        },
      ],
      afterDelete: [
        ...(collection.hooks?.afterDelete ?? []),
        ({ collection: { slug }, id, req, context }) => {
          if (context[SKIP] !== true) courier.deleted(slug, id, req);
        },
      ],
    },
  };
}

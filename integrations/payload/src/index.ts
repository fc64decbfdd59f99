export { syncAll, wellspringPlugin } from "./plugin.js";
export type { BulkOptions, BulkProgress } from "./bulk.js";
export type { CollectionOptions, WellspringOptions } from "./options.js";
export type { Doc } from "./article.js";

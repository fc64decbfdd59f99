import type { CollectionConfig } from "payload";

/**
 * Hooks as a site writes them by hand: unsigned, not awaited, no retry. With `localeInUrl` the hook's address tells the
 * locale; without it Wellspring cannot know.
 */
export function plainHooks(target: { readonly url: string; localeInUrl: boolean }): NonNullable<CollectionConfig["hooks"]> {
  const send = (operation: string, doc: unknown, locale: unknown): void => {
    const query = target.localeInUrl && typeof locale === "string" ? `?locale=${locale}` : "";
    void fetch(`${target.url}/api/v1/sync/payload${query}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ operation, doc }),
    });
  };
  return {
    afterChange: [({ operation, doc, req }) => send(operation, doc, req.locale)],
    afterDelete: [({ doc, req }) => send("delete", doc, req.locale)],
  };
}

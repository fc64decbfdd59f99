/**
 * Creates an element. Every child that is no node becomes a text node, so untrusted text is safe in it.
 * Attributes: `on` holds listeners; true sets an empty attribute; false, null and undefined set none.
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (value !== false && value != null) {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return node;
}

/**
 * Makes the children of `parent` show `items`, keeping the node of every item that did not change: focus, open
 * details and text selections survive a refresh. `keyOf` must be unique per item.
 */
export function syncChildren(parent, items, keyOf, build) {
  const known = new Map();
  for (const node of parent.children) known.set(node.syncKey, node);
  let place = parent.firstElementChild;
  for (const [index, item] of items.entries()) {
    const key = String(keyOf(item, index));
    const state = JSON.stringify(item);
    let node = known.get(key);
    if (node && node.syncState !== state) {
      const fresh = build(item, node);
      if (fresh !== node) {
        if (place === node) place = fresh;
        node.replaceWith(fresh);
        node = fresh;
      }
    } else if (!node) {
      node = build(item, null);
    }
    known.delete(key);
    node.syncKey = key;
    node.syncState = state;
    if (node === place) {
      place = place.nextElementSibling;
    } else {
      parent.insertBefore(node, place);
    }
  }
  for (const node of known.values()) node.remove();
}

/** The server's times are UTC, some without a zone designator. */
export function parseTime(text) {
  if (!text) return null;
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  const time = new Date(zoned);
  return Number.isNaN(time.getTime()) ? null : time;
}

/** A `time` element in the reader's own zone and language, or a dash. */
export function timeElement(text) {
  const time = parseTime(text);
  if (!time) return "–";
  const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(time);
  return el("time", { datetime: time.toISOString(), title: time.toISOString() }, shown);
}

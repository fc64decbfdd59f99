import { Admin } from "./admin.js";
import { Ask } from "./ask.js";
import { PassagePopover } from "./citations.js";
import { startPublishForm } from "./publish.js";

const byId = (id) => document.getElementById(id);
const tabs = [byId("tab-ask"), byId("tab-documents")];
const ask = new Ask(new PassagePopover());
const admin = new Admin();

function select(tab) {
  for (const other of tabs) {
    other.setAttribute("aria-selected", String(other === tab));
    other.tabIndex = other === tab ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = other !== tab;
  }
  history.replaceState(null, "", tab === tabs[0] ? location.pathname : "#documents");
  admin.setVisible(tab === byId("tab-documents"));
}

/** Arrow keys, Home and End move between the tabs, as the ARIA pattern for tabs has it. */
function moveOnKey(event) {
  const at = tabs.indexOf(event.currentTarget);
  const last = tabs.length - 1;
  const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  tabs[to].focus();
  select(tabs[to]);
}

for (const tab of tabs) {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", moveOnKey);
}
startPublishForm({
  changed: () => admin.refresh(),
  ask: (question) => {
    select(tabs[0]);
    ask.ask(question);
  },
});
if (location.hash === "#documents") select(byId("tab-documents"));

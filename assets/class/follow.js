// @ts-check
// Follow the presenter: the presenter's page says what it shows, every other page shows the same.

import * as latent from "../latent/latent.js";
import { on } from "../lib/bus.js";
import { SHOWN_INTERVAL } from "../lib/pacing.js";
import { post } from "../lib/request.js";
import * as route from "../lib/route.js";
import * as charts from "../train/charts.js";
import * as grid from "../train/grid.js";
import { hasClass, isPresenter, onPiece, piece } from "./class.js";

/** Longer values of the address are one page's own. */
const LONGEST = 2000;

/** What is not sent yet, the newest of each. @type {Record<string, any>} */
let unsent = {};
/** All that this page has said, for when somebody comes. @type {Record<string, any>} */
const said = {};
let sending = false;
/** A presenter's page first shows what the class was shown last; then it leads. */
let leads = false;
/** What this page has been brought to, by part, as text. @type {Record<string, string>} */
let applied = {};
let greeted = false;
let watched = false;

/** The parameters of the address that are a page's own: those of the form. @param {string} name */
const own = (name) => ["preset", "from", "projector"].includes(name) || window.gvFacts.order.includes(name);

const address = () => Object.fromEntries(Object.entries(route.all())
  .filter(([name, value]) => !own(name) && value.length <= LONGEST));

export function start() {
  on("showing", say);
  on("address", () => say({ address: address() }));
  route.onNavigate(() => say({ address: address() }));
  on("hello", ({ sameRun }) => {
    greeted = true;
    // another run: its pictures begin at the newest step
    if (!sameRun) say({ step: null, tile: null, pictures: "generated", zoom: {} });
    if (!sameRun) for (const name of ["step", "tile", "zoom", "latent"]) delete applied[name];
    // when every part of the page has made room for it
    setTimeout(follow, 0, piece("follow"));
  });
  onPiece("room", others);
  onPiece("follow", follow);
}

/** Everybody is to see `part`, too. @param {Record<string, any>} part */
function say(part) {
  if (!leads) return;
  Object.assign(said, part);
  if (!watched) return;
  Object.assign(unsent, part);
  send();
}

/** Whether another page is open: nothing is said to nobody. @param {{pages?: number}} room */
function others({ pages = 0 }) {
  const before = watched;
  watched = pages > 1;
  if (watched && !before) say(said);
}

/** One message at a time, and not too many: meanwhile the newest of each part waits. */
async function send() {
  if (sending) return;
  sending = true;
  while (Object.keys(unsent).length) {
    const part = unsent;
    unsent = {};
    await post("gv/class/shown", part);
    await new Promise((resolve) => setTimeout(resolve, SHOWN_INTERVAL));
  }
  sending = false;
}

/**
 * Who has lost a page, or opens another by the link, is where the class is; an address that says
 * where to go is obeyed, and without a class each page is its own.
 * @param {any} state of the piece
 */
function follow(state) {
  if (!state || !isReady()) return;
  const view = state.shown ?? {};
  const presenter = isPresenter() && !route.get("projector");
  const following = !presenter && mustFollow(state);
  document.documentElement.toggleAttribute("data-gv-following", following);
  if (following) apply(view);
  if (presenter) lead(view);
  if (state.free) applied = {};
}

/** Whether a presenter's page has come to a class, and its address says nothing else. */
const isBack = () => hasClass() && !Object.keys(address()).length;

/** Whether the class has answered and this page does not lead it. */
const isReady = () => greeted && !leads;

/** Whether a page that does not lead stays with the presenter: a projector always does. @param {any} state */
const mustFollow = ({ free }) => isPresenter() || !free;

/** From here on others see what this page shows. @param {Record<string, any>} shown so far */
function lead(shown) {
  const back = isBack();
  if (back) apply(shown);
  leads = true;
  if (!back) say({ address: address() });
}

/** Bring this page to what is shown, as far as it is not there. @param {Record<string, any>} shown */
function apply(shown) {
  /** @param {...string} names whether one of these parts is new */
  const news = (...names) => {
    const fresh = names.filter((name) => name in shown && applied[name] !== JSON.stringify(shown[name]));
    for (const name of fresh) applied[name] = JSON.stringify(shown[name]);
    return fresh.length > 0;
  };
  if (news("address")) route.follow(shown.address, own);
  if (news("step", "pictures", "large", "tile")) grid.show(shown);
  if (news("zoom")) charts.zoomTo(shown.zoom);
  if (news("latent") && shown.latent) latent.change(shown.latent);
}

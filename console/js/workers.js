// The applications of all nodes: their state, and what is counted of each. Knows nothing of the page.

import { moment } from './text.js';

// Worst first.
export const STATES = ['stalled', 'silent', 'twice', 'busy', 'ok', 'gone'];

export const WORDS = {
  stalled: 'does not read', silent: 'does not answer', twice: 'connected twice', busy: 'on a call', ok: 'ready', gone: 'gone',
};

// So long one that has gone is shown among the others, in ms.
const REMEMBERED = 600000;

function stateOf(app, live) {
  if (!app.connections) return 'gone';
  if (app.is_stalled) return 'stalled';
  if (app.is_silent) return 'silent';
  if (app.connections > 1) return 'twice';
  return live ? 'busy' : 'ok';
}

const ORDERS = {
  state: (one, other) => STATES.indexOf(one.state) - STATES.indexOf(other.state),
  name: () => 0,
  live: (one, other) => other.live - one.live,
  won: (one, other) => other.won - one.won,
  median: (one, other) => (other.median ?? -1) - (one.median ?? -1),
};

export class Workers {
  constructor() {
    this.byNode = new Map();
    this.live = new Map();
    this.goneSince = new Map();
  }

  /** The answer of broadcastStats. */
  counted(node, stats) {
    const live = this.live.get(node) ?? new Map();
    this.byNode.set(node, stats.applications.map((app) => {
      const calls = live.get(app.name) ?? 0;
      const key = `${node.name} ${app.name}`;
      return { key, node, goneSince: this.since(key, app), name: app.name, live: calls, state: stateOf(app, calls), won: app.won,
        offers: app.offers, declined: app.declined, late: app.too_late, lost: app.lost, row: app.silent_in_row,
        median: app.median_answer_ms, queued: app.queued, dropped: app.dropped };
    }));
  }

  /** When an application went, or when it was heard of last if that was before this page could see it; 0: it is there. */
  since(key, app) {
    if (app.connections) {
      this.goneSince.set(key, 0);
      return 0;
    }
    const known = this.goneSince.get(key);
    if (!known) this.goneSince.set(key, known === 0 ? Date.now() : app.last_heard ? moment(app.last_heard) : 1);
    return this.goneSince.get(key);
  }

  /** The answer of ARI's applications: the channels that each has. */
  registered(node, list) {
    this.live.set(node, new Map(list.map((app) => [app.name, app.channel_ids.length])));
  }

  all() {
    return [...this.byNode.values()].flat();
  }

  /** How many there are by state. */
  census() {
    const census = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const worker of this.all()) census[worker.state] += 1;
    census.there = this.all().length - census.gone;
    return census;
  }

  /** Those whose name has a text in it, in an order of ORDERS. Without a text, those that went long ago are left out. */
  list(text, order) {
    const wanted = text.toLowerCase();
    const names = new Intl.Collator('en', { numeric: true });
    return this.all()
      .filter((worker) => (wanted ? worker.name.toLowerCase().includes(wanted) || WORDS[worker.state].includes(wanted)
        : !worker.goneSince || worker.goneSince > Date.now() - REMEMBERED))
      .sort((one, other) => ORDERS[order](one, other) || names.compare(one.key, other.key));
  }
}

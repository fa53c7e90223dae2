// What is known of the calls of all nodes: who is on offer, and what became of the last. Knows nothing of the page.

import { Minutes } from './minutes.js';
import { moment } from './text.js';

const KEPT = 100;

// The words of the list for those of the events.
const OUTCOMES = { claimed: 'claimed', expired: 'timeout', hungup: 'hangup', declined: 'declined', withdrawn: 'withdrawn' };

// An event may be so late, in ms. A call that is on offer for longer than it can be has ended without a word.
const LATE = 20000;

export class Board {
  constructor() {
    this.calls = new Map();
    this.ended = [];
    this.minutes = new Minutes();
    this.numbers = 0;
    this.unseen = 0;
    this.heardOf = new Map();
    this.overAt = new Map();
  }

  key(node, id) {
    return `${node.name} ${id}`;
  }

  /** One of ARI's events; those that are not about offers are nothing to us. Returns whether something has changed. */
  hear(node, event) {
    switch (event.type) {
      case 'CallBroadcast': return this.offered(node, event);
      case 'CallClaimed': return this.over(node, event, 'claimed');
      case 'CallWithdrawn': return this.over(node, event, event.reason);
      default: return false;
    }
  }

  offered(node, event) {
    const now = performance.now();
    const { channel } = event;
    this.heardOf.set(node, (this.heardOf.get(node) ?? 0) + 1);
    this.minutes.count('offers');
    this.calls.set(this.key(node, channel.id), {
      key: this.key(node, channel.id), node, id: channel.id,
      caller: { name: channel.caller?.name ?? '', number: event.caller ?? channel.caller?.number ?? '' },
      called: event.called ?? '', queue: event.queue ?? '', priority: event.priority ?? 0, bids: event.bid_window ?? 0,
      at: moment(event.timestamp), from: now - (event.waited ?? 0), begun: now, timeout: event.timeout ?? 0,
      detail: null, connection: node.times,
    });
    return true;
  }

  over(node, event, outcome) {
    const key = this.key(node, event.channel.id);
    const call = this.calls.get(key);
    if (!call) return false;
    this.calls.delete(key);
    this.overAt.set(key, performance.now());
    // It goes on under another ID: that one is on offer now, or will be.
    if (outcome === 'replaced') return true;
    const at = moment(event.timestamp);
    this.close(call, outcome, at, at - call.at, event.winner_app ?? '');
    return true;
  }

  /** ms is the time from offer to end. */
  close(call, outcome, at, ms, winner) {
    this.minutes.count(outcome, outcome === 'claimed' ? ms : null);
    this.end(call, outcome, at, { winner, ms });
  }

  end(call, outcome, at, more = {}) {
    this.numbers += 1;
    this.ended.unshift({ number: this.numbers, node: call.node, id: call.id, caller: call.caller, queue: call.queue,
      called: call.called, outcome, at, waited: performance.now() - call.from, winner: '', ms: null, ...more });
    this.ended.length = Math.min(this.ended.length, KEPT);
  }

  /**
   * What GET /broadcasts lists when we have connected: calls that came before, and those that went while we were away.
   * asked is when it was asked for, of performance.now(): what has ended since is not on offer, whatever the list says.
   */
  listed(node, list, asked) {
    const now = performance.now();
    const open = list.filter((item) => item.state === 'open' && !(this.overAt.get(this.key(node, item.channel_id)) >= asked));
    const there = new Set(open.map((item) => this.key(node, item.channel_id)));
    for (const call of this.calls.values()) {
      if (call.node !== node || there.has(call.key) || call.begun > asked) continue;
      this.calls.delete(call.key);
      this.end(call, 'unseen', Date.now());
    }
    for (const item of open) {
      const key = this.key(node, item.channel_id);
      // Only the connection that has heard of an offer hears how it ends.
      if (this.calls.get(key)?.connection !== node.times) this.calls.set(key, this.fromList(node, key, item, now));
      this.calls.get(key).detail = item;
    }
  }

  fromList(node, key, item, now) {
    return {
      key, node, id: item.channel_id, caller: item.caller, called: item.called, queue: item.queue ?? '',
      priority: item.priority, bids: 0, at: moment(item.created), from: now - item.waited_ms,
      begun: now - (item.timeout_ms - item.remaining_ms), timeout: item.timeout_ms, detail: item,
      before: item.waited_ms - (item.timeout_ms - item.remaining_ms), isListed: true,
    };
  }

  /** Calls that were on offer before this page could hear of them: of their end it hears nothing, and has to ask. */
  toAsk(node) {
    return [...this.calls.values()].filter((call) => call.node === node && call.isListed);
  }

  /** What was answered about one of them; null if there is no such broadcast any more. */
  asked(call, item) {
    if (item?.state === 'open' || this.calls.get(call.key) !== call) return;
    this.calls.delete(call.key);
    const outcome = item ? OUTCOMES[item.state] : 'unseen';
    if (item) this.close(call, outcome, Date.now(), item.waited_ms - call.before, item.winner_app ?? '');
    else this.end(call, outcome, Date.now());
  }

  /** What is known of single calls by now: who has heard of them, and who has declined. */
  described(node, list) {
    for (const item of list) {
      const call = this.calls.get(this.key(node, item.channel_id));
      if (call) call.detail = item;
    }
  }

  /** End what must have ended, and forget what nobody asks for any more. */
  sweep() {
    const now = performance.now();
    for (const [key, at] of this.overAt) if (at < now - LATE) this.overAt.delete(key);
    for (const call of this.calls.values()) {
      if (call.node.state !== 'live' || now < call.begun + call.timeout + LATE) continue;
      this.calls.delete(call.key);
      this.end(call, 'unseen', Date.now());
    }
  }

  /** The calls on offer, first in line first. */
  line() {
    return [...this.calls.values()].sort((one, other) => other.priority - one.priority || one.from - other.from);
  }

  /** How many calls each application is offered now, by node and name, as far as it is known. */
  offers() {
    const offers = new Map();
    for (const { node, detail } of this.calls.values()) {
      if (!detail) continue;
      const declined = new Set(detail.declined);
      for (const name of detail.recipients) {
        const key = this.key(node, name);
        if (!declined.has(name)) offers.set(key, (offers.get(key) ?? 0) + 1);
      }
    }
    return offers;
  }

  longest() {
    let longest = null;
    for (const call of this.calls.values()) if (!longest || call.from < longest.from) longest = call;
    return longest;
  }

  open(node) {
    let number = 0;
    for (const call of this.calls.values()) number += call.node === node;
    return number;
  }
}

#!/usr/bin/env node
/*
 * A worker of a fleet: it hears of calls of all Asterisks over one connection to NATS, asks for those that it
 * wants, and opens a WebSocket to an Asterisk only when it has won a call there.
 *
 *   CallBroadcast   a node offers a call to this application and to others
 *   claim           we ask for it: 204 it is ours, and where; 409 another one was faster; 404 too late
 *   StasisStart     over a WebSocket to that node: the call is in our hands, from here on it is plain ARI
 *   StasisEnd       it has left us; the WebSocket goes with the last call there
 *
 * Try it with `make fleet-up`, then in this folder: npm install && node worker.js --app hello --nats URL
 * with the URL that fleet-up tells
 */
'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const { ANSWER_MS, Bus } = require('./bus');
const { LOST_MS, Nodes } = require('./nodes');
const { USAGE, parse } = require('./options');
const { teller } = require('./tell');

// Standard output is for what happens; ari-client's Swagger library greets there, too.
console.log = console.error;

const TAKE_MS = 2000; // how long to wait for the answer to a take, which is not asked twice: it might bring two calls
const COMES_MS = 3000; // beyond hold_ms: how long StasisStart may take before we believe that it does not come

/* A call. Channels of two nodes may have the same ID: a channel alone does not say which call it is. */
function callAt(place, channel) {
  return `${place} ${channel}`;
}

/* Whether a request failed only because the call has ended meanwhile: StasisEnd tells that. */
function isOver(error) {
  return /Channel not (found|in Stasis)|Failed to answer channel/.test(error.message);
}

class Worker {
  constructor(options) {
    this.options = options;
    this.tell = teller(options);
    this.bus = new Bus(options, this.tell);
    this.nodes = new Nodes(options, this.tell, (url) => this.isAsked(url));
    this.offers = new Map(); // call, by its node's name -> nonce of the offer that is open
    // What may become ours in a moment: each takes a place. Calls by their node's URL, and takes -> what tells that URL
    this.asked = new Map();
    this.coming = new Set(); // calls, by their node's URL, that are ours, but StasisStart has not come yet
    this.held = new Set(); // calls, by their node's URL, in our hands
    this.leftOpen = false; // whether a call may wait that we did not ask for, not knowing yet whether there is room
    this.taking = 0; // rounds of questions for a call that waits, which go on
    this.later = undefined; // timer, after a take that was not answered
    this.stopping = false;
  }

  async run() {
    this.bus.on('connected', (details) => this.onConnected(details));
    this.bus.on('disconnected', (details) => this.tell('disconnected', details));
    this.bus.on('node', (node) => this.onNode(node));
    this.bus.on('offer', (offer) => this.onOffer(offer));
    this.bus.on('over', (over) => this.onOver(over));
    this.nodes.on('StasisStart', (node, event, channel) => this.onStart(node, event, channel));
    this.nodes.on('StasisEnd', (node, event) => this.onEnd(node, event.channel.id, 'end'));
    this.nodes.on('lost', (node, channel) => this.onEnd(node, channel, 'lost'));
    this.nodes.on('CallBroadcast', (node, event) => this.onOfferOverWebSocket(node, event));
    await this.bus.connect();
  }

  onConnected(details) {
    this.tell('connected', details);
    this.takeNext();
  }

  /* A node that is new to us, or back, may have a call that waits. */
  onNode(node) {
    if (this.room() > 0) {
      this.takeNext([node]);
    } else {
      this.leftOpen = true;
    }
  }

  room() {
    const asked = [...this.asked.keys()].filter((what) => !this.held.has(what));
    return this.stopping ? 0 : this.options.capacity - asked.length - this.held.size;
  }

  /* Claim it, decline it, or say nothing? This is where your own logic goes. */
  decide(offer) {
    if (this.stopping) {
      return 'decline';
    }
    if (this.options.policy === 'claim' && this.room() <= 0) {
      return this.whenFull();
    }
    if (this.options.policy === 'claim' && offer.bid_window && this.options.score !== undefined) {
      return 'bid';
    }
    return this.options.policy;
  }

  /* No room: for a while, or only until we hear that what we have asked for is another's. */
  whenFull() {
    const ours = new Set([...this.held, ...this.coming]).size;
    this.leftOpen ||= ours < this.options.capacity;
    return ours < this.options.capacity || this.options['when-full'] === 'leave' ? 'ignore' : 'decline';
  }

  /* A call is on offer, over NATS. How long is told as `remaining_ms`: clocks need not agree. */
  async onOffer(offer) {
    const { channel, node, caller, called, remaining_ms: remaining } = offer;
    this.tell('offer', { channel, node: offer.node, caller, called, remaining });
    this.remember(offer);
    const verb = this.decide(offer);
    if (verb === 'ignore') {
      return;
    }
    if (verb === 'decline') {
      this.forget(callAt(node, channel), offer.offer);
      const { status } = await this.bus.ask('decline', node, { channel_id: channel, offer: offer.offer });
      this.tell('decline', { channel, status });
      return;
    }
    const where = () => this.bus.urlOf(node);
    await this.reserved(callAt(where() ?? node, channel), where, () => this.claim(verb, offer));
  }

  /* What is open, until it is over or its time has run out: a node that dies says nothing. */
  remember({ channel, node, offer, remaining_ms: remaining }) {
    this.offers.set(callAt(node, channel), offer);
    setTimeout(() => this.timeIsUp(node, channel, offer), Math.min(Math.max(Number(remaining) || 0, 0), 86400000)).unref();
  }

  timeIsUp(node, channel, offer) {
    if (this.forget(callAt(node, channel), offer)) {
      this.tell('forgotten', { channel });
    }
  }

  forget(call, offer) {
    return this.offers.get(call) === offer && this.offers.delete(call);
  }

  onOver({ type, channel, node, offer, winner, reason }) {
    this.tell(type === 'CallClaimed' ? 'claimed' : 'withdrawn', { channel, winner, reason });
    this.forget(callAt(node, channel), offer);
  }

  /* Whether a request may bring a call from this node: it is out, or about to be, to this one or to one not heard of yet. */
  isAsked(url) {
    return this.taking > 0 || [...this.asked.values()].some((where) => (where() ?? url) === url);
  }

  /* Something that may bring us a call, from the node whose URL `where` tells, takes a place of it while it goes on. */
  async reserved(what, where, work) {
    this.asked.set(what, where);
    try {
      await this.nodes.closed(where());
      return await work();
    } finally {
      this.asked.delete(what);
      this.nodes.closeIdle();
      this.rested();
      if (this.leftOpen && this.room() > 0) {
        this.leftOpen = false;
        this.takeNext();
      }
    }
  }

  async claim(verb, { channel, node, offer, remaining_ms: remaining, bid_window: window }) {
    await sleep(this.options.think);
    if (this.offers.get(callAt(node, channel)) !== offer) {
      this.tell('too-late', { channel });
      return;
    }
    const body = { channel_id: channel, offer };
    const started = performance.now();
    const wait = ANSWER_MS + (window ?? 0); // the answer to a claim comes at the award
    let answer = await this.bus.ask(verb, node, verb === 'bid' ? { ...body, score: this.options.score } : body, remaining, wait);
    if (answer.status === 202) {
      answer = await this.bus.ask('claim', node, body, remaining, wait);
    }
    const { status, winner_app: winner, message } = answer;
    this.tell(verb, { channel, status, winner, message, ms: Number((performance.now() - started).toFixed(1)) });
    this.forget(callAt(node, channel), offer);
    if (status === 204) {
      await this.fetchCall(channel, answer);
    }
  }

  /* A call is ours: have a WebSocket to its node before hold_ms is over, and wait for it. */
  async fetchCall(channel, { ari, hold_ms: hold }) {
    const node = this.nodes.at(ari);
    const call = callAt(ari, channel);
    node.calls.add(channel);
    this.coming.add(call);
    const started = performance.now();
    try {
      await Promise.race([node.open(), sleep(hold).then(() => { throw new Error(`no WebSocket within ${hold} ms`); })]);
      while (!this.held.has(call) && node.calls.has(channel) && performance.now() - started < hold + COMES_MS) {
        await Promise.race([this.nextStart(), sleep(250)]);
        if (!this.held.has(call) && await node.request('GET', `channels/${encodeURIComponent(channel)}`) === 404) {
          break; // the caller has hung up while we came
        }
      }
    } catch (error) {
      this.tell('failed', { channel, error: error.message });
    }
    this.coming.delete(call);
    if (!this.held.has(call) && node.calls.delete(channel)) {
      this.tell('not-come', { channel });
    }
    node.closeIfIdle();
  }

  nextStart() {
    return new Promise((resolve) => this.nodes.once('StasisStart', resolve));
  }

  /*
   * A node where we have a WebSocket offers over that one, and takes the claim over HTTP. A bid goes over NATS, where its
   * answer tells who has the call.
   */
  async onOfferOverWebSocket(node, event) {
    const channel = event.channel.id;
    this.tell('offer', { channel, ari: node.url, caller: event.caller, called: event.called, remaining: event.timeout });
    const verb = this.decide(event);
    if (verb === 'ignore') {
      return;
    }
    if (verb === 'decline') {
      this.tell('decline', { channel, status: await node.request('POST', `broadcasts/${encodeURIComponent(channel)}/decline`) });
      return;
    }
    const at = this.bus.nodeAt(node.url);
    const bid = { channel, node: at, remaining_ms: event.timeout, bid_window: event.bid_window };
    await this.reserved(callAt(node.url, channel), () => node.url, () => (
      verb === 'bid' && at ? this.claim(verb, bid) : this.claimOverHttp(node, channel, event.bid_window)));
  }

  async claimOverHttp(node, channel, window = 0) {
    await sleep(this.options.think);
    const status = await node.request('POST', `events/claim?channelId=${encodeURIComponent(channel)}`, LOST_MS + window);
    this.tell('claim', { channel, status, over: 'http' });
    if (status === 204) {
      await this.fetchCall(channel, { ari: node.url, hold_ms: COMES_MS });
    }
  }

  /* The call is ours; nobody else touches it until it leaves Stasis. */
  async onStart(node, event, channel) {
    node.calls.add(channel.id);
    this.held.add(callAt(node.url, channel.id));
    this.tell('start', { channel: channel.id, ari: node.url, args: event.args });
    const playback = node.client.Playback();
    playback.once('PlaybackFinished', (finished) => this.onPlayed(channel, finished.playback));
    try {
      await channel.answer();
      await channel.play({ media: this.options.play }, playback);
    } catch (error) {
      this.failed(channel, error);
    }
  }

  async onPlayed(channel, { media_uri: media, state }) {
    this.tell('played', { channel: channel.id, media, state });
    try {
      if (this.options.then === 'hangup') {
        await channel.hangup();
      } else if (this.options.then === 'continue') {
        await channel.continueInDialplan();
      }
    } catch (error) {
      this.failed(channel, error);
    }
  }

  failed(channel, error) {
    if (!isOver(error)) {
      this.tell('failed', { channel: channel.id, error: error.message });
    }
  }

  onEnd(node, channel, what) {
    if (node.calls.delete(channel)) {
      this.held.delete(callAt(node.url, channel));
      this.tell(what, { channel, ari: node.url });
      this.takeNext();
      node.closeIfIdle();
      this.rested();
    }
  }

  /* There is room again: ask the nodes for a call that waits, until nobody has one. */
  async takeNext(nodes = this.bus.nodesThere()) {
    if (this.options.policy !== 'claim') {
      return;
    }
    this.taking += 1;
    await this.takeFromEach(nodes);
    this.taking -= 1;
    this.nodes.closeIdle();
  }

  async takeFromEach(nodes) {
    for (const node of nodes) {
      let answer = { status: 200 };
      while (answer.status === 200 && this.room() > 0) {
        answer = await this.takeFrom(node);
      }
      if (answer.isUnsure) {
        this.takeLater();
        return;
      }
    }
  }

  /* Another node may have a call that waits, and nothing else may tell us to ask. */
  takeLater() {
    this.later ??= setTimeout(() => {
      this.later = undefined;
      this.takeNext();
    }, TAKE_MS);
  }

  /*
   * What a node answers: 200 with a call for us, which is fetched while we go on asking. A request that nobody answers
   * may still be on its way, and bring a call later: then we ask no other node for a while.
   */
  takeFrom(node) {
    return new Promise((resolve) => {
      let answer;
      this.reserved(Symbol(node), () => this.bus.urlOf(node), async () => {
        answer = await this.bus.ask('take', node, {}, 0, TAKE_MS);
        const { channel_id: channel, status, message } = answer;
        this.tell('take', { channel, status, message });
        if (status === 200) {
          resolve(answer);
          await this.fetchCall(channel, answer);
        }
      }).finally(() => resolve(answer)); // not before: its place may be needed to ask the next node
    });
  }

  /* Say good-bye, let the calls come to their end, then go. A second signal does not wait. */
  async stop() {
    if (this.stopping) {
      process.exit(1);
    }
    this.stopping = true;
    this.tell('stopping', { calls: this.held.size });
    if (this.bus.connection) {
      await this.bus.goodBye();
    }
    this.rested();
  }

  async rested() {
    if (this.stopping && this.asked.size === 0 && this.held.size === 0 && !this.ended) {
      this.ended = true;
      this.nodes.close();
      await this.bus.close();
      this.tell('stopped');
      process.exit(0);
    }
  }
}

function main() {
  let options;
  try {
    options = parse(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`worker: ${error.message}\n`);
    process.exit(2);
  }
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const worker = new Worker(options);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => worker.stop());
  }
  worker.run().catch((error) => {
    process.stderr.write(`worker: ${error.message}\n`);
    process.exit(1);
  });
}

main();

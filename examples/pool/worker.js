#!/usr/bin/env node
/*
 * A worker of a pool: takes the calls that it can do, as many at once as it can, and rests after each:
 * the same as worker.py. What it adds to ../node/claimer.js is a worker's trade:
 *
 *   capacity    so many calls at once; a seat is held from the bid or claim on, so there are never more
 *   skills      languages, in its name: sales-de_en-anna; the dialplan's filter asks for one
 *   bids        where the dialplan collects them, who has been idle longest bids highest
 *   busy        an offer without a free seat is declined, so that it goes to the next circle at once; or, with
 *               --when-busy wait, stays in line for the next seat that is free
 *   wrap-up     after each call its seat rests; then it takes the next in line
 *   goodbye     SIGTERM: no new calls; ends with the last one. Again: its calls go on in their dialplan
 *
 * Run one process a worker, with extensions.conf of this folder as the dialplan.
 */
'use strict';

const { parseArgs } = require('node:util');
const { setTimeout: sleep } = require('node:timers/promises');
const { Claimer, checkAriOptions, fail } = require('../node/claimer.js');

const NEXT = 'the next in line'; // holds a seat for a call whose channel StasisStart will tell
const LATE_MS = 2000; // StasisStart, or the end of the offer, may be told so long after the offer's time

const USAGE = `usage: worker.js --name NAME [option ...]

A worker of a pool: takes calls of StasisBroadcast() that it can do.

  --name NAME          who it is; letters and digits
  --team TEAM          the dialplan's circles ask for it (sales)
  --languages XX,XX    its skills (en)
  --capacity N         calls at once (1)
  --wrap-up S          seconds of rest after a call (2)
  --when-busy WHAT     decline: the call goes to the next circle (the default); wait: it stays in line
  --talk S             seconds from greeting to goodbye (0)
  --play MEDIA         the greeting (sound:hello-world)
  --url URL            where ARI is (http://127.0.0.1:8088/ari)
  --user USER          ARI user (ari)
  --password PASSWORD  its password (ari)
  --events FILE        write what happens as JSON lines to FILE, - for standard output`;

/* How many calls there may be, and what each seat is doing. */
class Seats {
  constructor(capacity) {
    this.capacity = capacity;
    this.held = new Map(); // bids and claims without an outcome yet, each with its timer
    this.calls = new Map(); // ari-client's channels
    this.resting = 0;
    this.idleSince = performance.now();
  }

  get free() {
    return this.capacity - this.held.size - this.calls.size - this.resting;
  }

  /* It came to nothing, or to a call. Returns whether a seat was held for it. */
  letGo(call) {
    clearTimeout(this.held.get(call));
    return this.held.delete(call);
  }

  /* A call has come. Returns whether it is the one that was taken as the next. */
  start(channel) {
    const isNext = !this.letGo(channel.id) && this.letGo(NEXT);
    this.calls.set(channel.id, channel);
    return isNext;
  }

  /* 0 to 999: the longer idle the more, half of it after a minute. With a call in progress it is 0. */
  suitability() {
    const idle = this.calls.size || this.resting ? 0 : (performance.now() - this.idleSince) / 1000;
    return Math.trunc((1000 * idle) / (idle + 60));
  }
}

/* One worker: which calls it takes, and when. */
class Worker extends Claimer {
  constructor(options) {
    super(options);
    this.seats = new Seats(options.capacity);
    this.bids = new Set();
    this.nextStarted = () => {};
    this.asking = false; // for the next in line: one question at a time, or two would share the seat that is held
    this.turnedAway = false;
    this.leaving = false;
  }

  follow(client) {
    super.follow(client);
    client.on('CallClaimed', (event) => this.onOver(event));
    client.on('CallWithdrawn', (event) => this.onOver(event));
  }

  // Offers

  /* Bid for it or claim it if there is a free seat. */
  async onOffer(event) {
    const channel = event.channel.id;
    this.tell('offer', { channel, caller: event.caller, queue: event.queue, free: this.seats.free });
    if (this.leaving || this.seats.free <= 0) {
      await this.turnAway(channel);
      return;
    }
    // notify_claimed tells the end of an offer; should that be off, the offer's own time does.
    this.seats.held.set(channel, setTimeout(() => this.lost(channel), (event.timeout ?? 60000) + LATE_MS));
    const status = await ('bid_window' in event ? this.bid(channel) : this.claim(channel));
    // Without an answer (0) the call may be ours: the seat is held until it is known.
    if (![0, 202, 204].includes(status)) {
      await this.lost(channel);
    } else if (this.leaving) {
      await this.takeBack(channel);
    }
  }

  async bid(channel) {
    const score = this.seats.suitability();
    const status = await this.broadcast(channel, 'bid', { score });
    this.tell('bid', { channel, score, status });
    this.bids.add(channel);
    return status;
  }

  async claim(channel) {
    const status = await this.broadcast(channel, 'claim');
    this.tell('claim', { channel, status });
    return status;
  }

  /* No seat for it now. It may be there still when there is one. */
  async turnAway(channel) {
    this.turnedAway = true;
    if (this.leaving || this.options['when-busy'] === 'decline') {
      this.tell('decline', { channel, status: await this.broadcast(channel, 'decline') });
    }
  }

  /* An offer has ended. If we have won it, StasisStart comes, or is here already. */
  onOver(event) {
    return event.winner_app === this.options.app ? undefined : this.lost(event.channel.id);
  }

  /* Another worker has it, or nobody: the seat that was held for it is free. */
  async lost(channel) {
    this.bids.delete(channel);
    if (this.seats.letGo(channel) && this.turnedAway) {
      await this.takeNext();
    }
    this.leaveIfDone();
  }

  /* While there is a free seat: have the first call in line that we may have. */
  async takeNext() {
    if (this.asking) {
      return;
    }
    this.asking = true;
    while (this.seats.free > 0 && !this.leaving) {
      this.turnedAway = false;
      this.seats.held.set(NEXT);
      const started = new Promise((resolve) => { this.nextStarted = resolve; });
      const status = await this.request('POST', 'broadcasts', { application: this.options.app });
      this.tell('next', { status });
      if (status === 200) {
        await Promise.race([started, sleep(LATE_MS)]); // late if the caller has hung up meanwhile
      }
      this.seats.letGo(NEXT);
      if (status !== 200 && !this.turnedAway) {
        break; // if one was turned away meanwhile, it may be there still
      }
    }
    this.asking = false;
    this.leaveIfDone();
  }

  broadcast(channel, verb, parameters = {}) {
    const path = `broadcasts/${encodeURIComponent(channel)}/${verb}`;
    return this.request('POST', path, { application: this.options.app, ...parameters });
  }

  // Calls

  /* The call is ours: end the hold music, greet. */
  async onStart(event, channel) {
    this.bids.delete(channel.id);
    if (this.seats.start(channel)) {
      this.nextStarted();
    }
    await this.request('DELETE', `channels/${encodeURIComponent(channel.id)}/moh`);
    await super.onStart(event, channel);
  }

  /* The caller has been greeted. Here the worker's work is so many seconds of silence. */
  async finish(channel) {
    await sleep(1000 * this.options.talk);
    await super.finish(channel);
  }

  onEnd(event, channel) {
    return this.ended(channel.id);
  }

  /* The seat rests, then the next call may come. */
  async ended(channel) {
    if (!this.seats.calls.delete(channel)) {
      return;
    }
    this.seats.resting += 1;
    this.tell('end', { channel });
    this.leaveIfDone();
    await sleep(1000 * this.options['wrap-up']);
    this.seats.resting -= 1;
    this.seats.idleSince = performance.now();
    this.tell('ready', { channel });
    await this.takeNext();
  }

  // Coming and going

  /* Connected, or again: calls may have ended meanwhile, and others may be in line. */
  async onConnected() {
    for (const channel of [...this.seats.calls.keys()]) {
      if (await this.request('GET', `channels/${encodeURIComponent(channel)}`) === 404) {
        this.ended(channel);
      }
    }
    await this.takeNext();
  }

  /* The first time: take nothing new and take bids back. The second time: give the calls back. */
  async goodbye() {
    const isAgain = this.leaving;
    this.leaving = true;
    this.tell('goodbye', { calls: this.seats.calls.size });
    await Promise.all([...this.bids].map((channel) => this.takeBack(channel)));
    const calls = isAgain ? [...this.seats.calls.values()] : [];
    await Promise.all(calls.map((channel) => channel.continueInDialplan().catch(() => {})));
    this.leaveIfDone();
  }

  /* Take a bid back. If it is too late for that, the call comes, and is the last one. */
  async takeBack(channel) {
    if (this.bids.has(channel) && await this.broadcast(channel, 'decline') === 204) {
      await this.lost(channel);
    }
  }

  /* A seat that is held may become a call, and is waited for. */
  leaveIfDone() {
    if (this.leaving && !this.seats.calls.size && !this.seats.held.size) {
      process.exit(0);
    }
  }
}

function parseOptions() {
  const string = (value) => ({ type: 'string', default: value });
  try {
    return parseArgs({
      options: {
        name: string(''), team: string('sales'), languages: string('en'), capacity: string('1'),
        'wrap-up': string('2'), 'when-busy': string('decline'), talk: string('0'),
        play: string('sound:hello-world'), url: string('http://127.0.0.1:8088/ari'),
        user: string('ari'), password: string('ari'), events: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return fail(`${error.message}; see --help`, 2);
  }
}

function checkOptions(options) {
  const check = (name, pattern, what) => pattern.test(options[name]) || fail(`--${name} '${options[name]}': ${what}`, 2);
  check('name', /^[A-Za-z0-9]+$/, 'letters and digits');
  check('team', /^[A-Za-z0-9]+$/, 'letters and digits');
  check('languages', /^[a-z]{2}(,[a-z]{2})*$/, 'two small letters each, with commas between them');
  check('capacity', /^[1-9][0-9]*$/, 'a number, 1 or more');
  check('wrap-up', /^[0-9]+\.?[0-9]*$|^\.[0-9]+$/, 'seconds, 0 or more');
  check('talk', /^[0-9]+\.?[0-9]*$|^\.[0-9]+$/, 'seconds, 0 or more');
  check('when-busy', /^(decline|wait)$/, 'decline or wait');
  checkAriOptions(options);
}

const options = parseOptions();
if (options.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
checkOptions(options);
const languages = [...new Set(options.languages.split(','))].sort().join('_');
const app = `${options.team}-${languages}-${options.name}`;
const worker = new Worker({ ...options, app, capacity: Number(options.capacity), then: 'hangup' });
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => worker.goodbye());
}
worker.run();

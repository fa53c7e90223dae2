#!/usr/bin/env node
/*
 * Claims calls that Asterisk's dialplan offers with StasisBroadcast(), and answers those it gets:
 * the same as ../python/claimer.py, with Asterisk's official client for Node.js.
 *
 *   CallBroadcast   Asterisk offers a call to this application and to others
 *   claim           we ask for it: 204 it is ours, 409 another one was faster, 404 too late
 *   StasisStart     the call is in our hands: answer it, play something
 *   StasisEnd       it has left us
 *   next            we ask for the first call in line, when we connect and after each call: 200 it is ours, 404 none
 *
 * Try it with `make sandbox-up`, then in this folder: npm install && node claimer.js --app hello
 */
'use strict';

const ari = require('ari-client');
const fs = require('node:fs');
const { basename } = require('node:path');
const { parseArgs } = require('node:util');
const { setTimeout: sleep } = require('node:timers/promises');

// Standard output is for what happens; ari-client's Swagger library greets there, too.
console.log = console.error;

const USAGE = `usage: claimer.js --app NAME [option ...]

Claim calls that Asterisk offers with StasisBroadcast().

  --app NAME            the name of this ARI application
  --url URL             where ARI is (http://127.0.0.1:8088/ari)
  --user USER           ARI user (ari)
  --password PASSWORD   its password (ari)
  --policy POLICY       claim (the default) | decline | ignore | callers-matching REGEX ...:
                        claim calls from numbers that match one of them, decline the others
  --think MS            wait so long before a claim (0)
  --play MEDIA          an ARI media URI (sound:hello-world)
  --then WHAT           after it: hangup (the default), keep the call, or continue in the dialplan
  --events FILE         write what happens as JSON lines to FILE, - for standard output`;

function fail(message, status) {
  process.stderr.write(`${basename(process.argv[1], '.js')}: ${message}\n`);
  process.exit(status);
}

function parseOptions() {
  const string = (value) => ({ type: 'string', default: value });
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true, // the REGEX ... of --policy callers-matching
      options: {
        app: { type: 'string' },
        url: string('http://127.0.0.1:8088/ari'),
        user: string('ari'),
        password: string('ari'),
        policy: string('claim'),
        think: string('0'),
        play: string('sound:hello-world'),
        then: string('hangup'),
        events: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { ...values, patterns: positionals.map((pattern) => new RegExp(pattern)) };
  } catch (error) {
    return fail(`${error.message}; see --help`, 2);
  }
}

/* What would fail for ever, or only when something is to be told, is refused at once. */
function checkAriOptions({ url, events }) {
  try {
    if (!/^https?:$/.test(new URL(url).protocol)) {
      throw new TypeError('another protocol');
    }
  } catch {
    fail(`--url '${url}' is not a URL such as http://127.0.0.1:8088/ari`, 2);
  }
  if (/^\/.+\/ari\/*$/.test(new URL(url).pathname)) {
    fail(`--url '${url}': ari-client finds ARI at /ari only, not below a prefix of http.conf`, 2);
  }
  try {
    if (events && events !== '-') {
      fs.appendFileSync(events, '');
    }
  } catch (error) {
    fail(`--events ${events}: ${error.message}`, 2);
  }
}

function checkOptions(options) {
  if (!options.app) {
    fail('--app NAME is missing; see --help', 2);
  }
  if (options.app.includes(',')) {
    fail(`--app ${options.app}: ARI ends a name at a comma`, 2);
  }
  if (!['claim', 'decline', 'ignore', 'callers-matching'].includes(options.policy)) {
    fail(`--policy ${options.policy} is not known; it is claim, decline, ignore or callers-matching REGEX ...`, 2);
  }
  if ((options.policy === 'callers-matching') !== (options.patterns.length > 0)) {
    fail('callers-matching needs at least one REGEX, the other policies take none', 2);
  }
  if (!/^[0-9]+\.?[0-9]*$|^\.[0-9]+$/.test(options.think)) {
    fail(`--think ${options.think} is not a number of milliseconds`, 2);
  }
  if (!['hangup', 'keep', 'continue'].includes(options.then)) {
    fail(`--then ${options.then} is not known; it is hangup, keep or continue`, 2);
  }
  checkAriOptions(options);
}

/* As JSON, in ASCII. A caller chooses what is in it: it must not begin a line, nor steer the terminal. */
function quoted(value) {
  const code = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return (JSON.stringify(value) ?? 'null').replace(/[\u007f-\uffff]/g, code);
}

/* Whether a request failed only because the call has ended meanwhile: StasisEnd tells that. */
function isOver(error) {
  return /Channel not (found|in Stasis)|Failed to answer channel/.test(error.message);
}

/* One application: its connection to Asterisk, and what it does with calls. */
class Claimer {
  constructor(options) {
    this.options = options;
    this.ariUrl = options.url.replace(/\/+$/, '');
    this.client = null; // ari-client's, once it is there
    this.waiting = new Map(); // answers to requests over the WebSocket, by their number
    this.number = 0;
  }

  // What is done with a call

  /* A call is on offer. `caller` and `called` are numbers, `timeout` is ms from now. */
  async onOffer(event) {
    const { caller, called, timeout } = event;
    const channel = event.channel.id;
    this.tell('offer', { channel, caller, called, timeout });
    const verb = this.decide(caller);
    if (verb === 'ignore') {
      return;
    }
    await sleep(Number(this.options.think));
    const started = performance.now();
    const over = this.socketAnswers() ? 'websocket' : 'http';
    const application = this.options.app;
    const status = verb === 'claim'
      ? await this.request('POST', 'events/claim', { channelId: channel, application })
      : await this.request('POST', `broadcasts/${encodeURIComponent(channel)}/decline`, { application });
    this.tell(verb, { channel, status, over, ms: Number((performance.now() - started).toFixed(1)) });
  }

  /* Claim it, decline it, or say nothing? This is where your own logic goes. */
  decide(caller) {
    if (this.options.policy !== 'callers-matching') {
      return this.options.policy;
    }
    // Declining tells Asterisk that it need not wait for us.
    return this.options.patterns.some((pattern) => pattern.test(caller)) ? 'claim' : 'decline';
  }

  /* The call is ours; nobody else touches it until it leaves Stasis. */
  async onStart(event, channel) {
    this.tell('start', { channel: channel.id, args: event.args });
    const playback = this.client.Playback();
    playback.once('PlaybackFinished', async (finished) => {
      const { media_uri: media, state } = finished.playback;
      this.tell('played', { channel: channel.id, media, state });
      await this.finish(channel);
    });
    try {
      await channel.answer();
      await channel.play({ media: this.options.play }, playback);
    } catch (error) {
      this.failed(channel, error);
    }
  }

  /* We are done with the call. */
  async finish(channel) {
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

  /* The call has left us: hung up, or back in the dialplan. */
  async onEnd(event, channel) {
    this.tell('end', { channel: channel.id });
    await this.takeNext();
  }

  /* Somebody else is this application now. Our connection stays, and brings nothing any more. */
  onReplaced() {
    this.tell('replaced', { reason: 'another program has connected under this name, and hears of calls instead of us' });
  }

  /* We can be reached. Calls may be in line that came before us. */
  async onConnected() {
    await this.takeNext();
  }

  /* Have the first call in line that we may have. Who picks among calls cannot: it would be any call. */
  async takeNext() {
    if (this.options.policy === 'claim') {
      this.tell('next', { status: await this.request('POST', 'broadcasts', { application: this.options.app }) });
    }
  }

  // The connection to Asterisk

  /*
   * Send a request to ARI and return the HTTP status; 0, there was no answer. ari-client has functions
   * for it, client.events.claimChannel() and client.broadcasts.decline(), but they do not tell the status.
   */
  async request(method, path, parameters = {}) {
    const uri = `${path}?${new URLSearchParams(parameters)}`;
    return this.socketAnswers() ? this.requestOverSocket(method, uri) : this.requestOverHttp(method, uri);
  }

  /*
   * Whether Asterisk takes requests over the WebSocket that brings the events, as from 20.14, 21.9 and 22.4 on.
   * Then its description has the answer's type, without which ari-client could not read it.
   */
  socketAnswers() {
    return this.client?._ws?.readyState === 1 && 'RESTResponse' in this.client._swagger.apis.events.models;
  }

  requestOverSocket(method, uri) {
    this.number += 1;
    const number = String(this.number);
    return new Promise((resolve) => {
      const failed = (error) => {
        this.tell('no-answer', { request: `${method} ${uri}`, error });
        resolve(0);
      };
      const timer = setTimeout(() => this.waiting.delete(number) && failed('not within 10 s'), 10000);
      this.waiting.set(number, (status) => {
        clearTimeout(timer);
        this.waiting.delete(number);
        resolve(status);
      });
      const request = { type: 'RESTRequest', transaction_id: this.options.app, request_id: number, method, uri };
      this.client._ws.send(JSON.stringify(request)); // that it is closed meanwhile shows as the missing answer
    });
  }

  async requestOverHttp(method, uri) {
    const login = Buffer.from(`${this.options.user}:${this.options.password}`).toString('base64');
    try {
      const answer = await fetch(`${this.ariUrl}/${uri}`, {
        method,
        headers: { Authorization: `Basic ${login}` },
        signal: AbortSignal.timeout(10000),
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch (error) {
      this.tell('no-answer', { request: `${method} ${uri}`, error: String(error.cause || error) });
      return 0;
    }
  }

  /* ari-client cannot do without Asterisk, nor with a wrong password, when it starts: so ask first. */
  async asteriskIsThere() {
    for (let delay = 250; ; delay = Math.min(delay * 2, 15000)) {
      const status = await this.request('GET', 'api-docs/resources.json');
      if (status === 200) {
        return;
      }
      if (status === 401 || status === 403) {
        fail(`${this.ariUrl} answers ${status}: see the users in Asterisk's ari.conf`, 1);
      }
      const pause = delay * (0.5 + Math.random() / 2);
      const hint = status === 404 ? ': does the URL end in /ari?' : '';
      const reason = status ? `${this.ariUrl} answers ${status}${hint}` : `${this.ariUrl} does not answer`;
      this.tell('disconnected', { reason, retry_in: Number((pause / 1000).toFixed(2)) });
      await sleep(pause);
    }
  }

  async run() {
    const { options } = this;
    await this.asteriskIsThere();
    this.client = await ari.connect(this.ariUrl.replace(/\/ari$/, ''), options.user, options.password);
    this.follow(this.client);
    // It connects again by itself, but only ten times. It puts the name into its URL as it gets it.
    const listen = () => this.client.start(encodeURIComponent(options.app)).catch(() => {});
    this.client.on('WebSocketMaxRetries', listen);
    await listen();
  }

  follow(client) {
    client.on('CallBroadcast', (event) => this.onOffer(event));
    client.on('RESTResponse', (event) => this.waiting.get(event.request_id)?.(event.status_code));
    client.on('StasisStart', (event, channel) => this.onStart(event, channel));
    client.on('StasisEnd', (event, channel) => this.onEnd(event, channel));
    client.on('ApplicationReplaced', () => this.onReplaced());
    client.on('WebSocketConnected', () => {
      this.tell('connected', { url: this.ariUrl });
      this.onConnected();
    });
    client.on('WebSocketReconnecting', (error) => this.tell('disconnected', { reason: error ? error.message : 'closed' }));
  }

  /* Say what happened: a JSON line with --events, else a line to read. */
  tell(what, details = {}) {
    const { app, events } = this.options;
    const line = { time: Date.now() / 1000, app, event: what, ...details };
    if (events === '-') {
      process.stdout.write(`${quoted(line)}\n`);
    } else if (events) {
      fs.appendFileSync(events, `${quoted(line)}\n`);
    } else {
      const text = Object.entries(details).map(([name, value]) => `${name}=${quoted(value)}`);
      process.stdout.write(`${[new Date().toTimeString().slice(0, 8), `${app}:`, what, ...text].join(' ')}\n`);
    }
  }
}

module.exports = { Claimer, checkAriOptions, fail };

if (require.main === module) {
  const options = parseOptions();
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  checkOptions(options);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => process.exit(0));
  }
  new Claimer(options).run();
}

/*
 * NATS: who we are, what is on offer, and requests to the nodes. The subjects are in docs/FLEET.md, "Protocol".
 */
'use strict';

const { EventEmitter } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { NoRespondersError, connect } = require('@nats-io/transport-node');

const HELLO_MS = 10000; // between two greetings
const TTL_MS = 30000; // how long a greeting, ours or a node's, counts
const ANSWER_MS = 1000; // after that a request is sent again: the same worker gets the same answer
const TRIES = 3;
const BACK_MS = 250; // after a node has come back, until it is asked for a call, and up to twice that
const RETRY_MS = 500; // between two attempts to connect, as long as there has been no connection

/* A name as one token of a subject: dots, stars, blanks and line ends of a name must not be NATS's. */
function token(name) {
  const bytes = [...Buffer.from(name, 'utf8')];
  return bytes.map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_:-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/* What is in a message, or undefined: anybody who may publish may have written it. */
function parsed(message) {
  try {
    const body = message.json();
    return body !== null && typeof body === 'object' ? body : undefined;
  } catch {
    return undefined;
  }
}

/* Events: offer (a CallBroadcast), over (CallClaimed, CallWithdrawn), connected, disconnected, node (a new one, or one that is back). */
class Bus extends EventEmitter {
  constructor(options, tell) {
    super();
    this.options = options;
    this.tell = tell;
    this.nodes = new Map(); // token of the node -> when it was heard of, and the URL of its ARI
    this.isThere = false; // whether we have told that we are connected
    this.leaving = false;
  }

  subject(...words) {
    return [this.options.prefix, ...words].join('.');
  }

  /* Connect, however long that takes, and stay connected. */
  async connect() {
    const { nats, worker } = this.options;
    this.app = token(this.options.app);
    this.connection = await this.connectAtLast({
      servers: nats.split(','), user: this.options['nats-user'], pass: this.options['nats-password'],
      name: worker, maxReconnectAttempts: -1, reconnectTimeWait: 200, reconnectJitter: 200,
      pingInterval: 5000, maxPingOut: 2, ignoreAuthErrorAbort: true,
      inboxPrefix: `_INBOX.${this.app}`, // so that a permission can keep answers from other applications
    });
    this.watch();
    this.listen(this.subject('offer', this.app, '*'), (body, subject) => this.onEvent(body, subject));
    this.listen(this.subject('node', '*'), (body, subject) => this.onNode(body, subject));
    this.arrive();
    this.greeter = setInterval(() => this.hello(), HELLO_MS);
  }

  /* Try until there is a server that lets us in, and say why there is none: a wrong port or password is seen at once. */
  async connectAtLast(options) {
    let told;
    for (;;) {
      try {
        return await connect(options);
      } catch (error) {
        if (error.code === 'ERR_INVALID_URL') {
          throw error;
        }
        if (error.message !== told) {
          told = error.message;
          this.emit('disconnected', { error: told });
        }
        await sleep(RETRY_MS);
      }
    }
  }

  /* Newly connected: the nodes may have forgotten us, and we do not know who is there. */
  arrive() {
    if (this.isThere) {
      return; // the client tells it once more for each attempt that was refused
    }
    this.isThere = true;
    this.emit('connected', { server: this.connection.getServer() });
    this.hello();
    this.connection.publish(this.subject('ping'));
  }

  async watch() {
    for await (const status of this.connection.status()) {
      if (status.type === 'reconnect') {
        this.arrive();
      } else if (status.type === 'disconnect') {
        this.isThere = false;
        this.emit('disconnected', { server: status.server });
      } else if (status.type === 'error') {
        this.tell('refused', { error: String(status.error?.message ?? status.error) });
      }
    }
  }

  listen(subject, heard) {
    this.connection.subscribe(subject, {
      callback: (error, message) => {
        const body = error ? undefined : parsed(message);
        if (body) {
          heard(body, message.subject);
        } else {
          this.tell('not-understood', { subject: message?.subject ?? subject });
        }
      },
    });
  }

  /* Say that we are there; a ttl of 0 says that we are not. */
  hello(ttl = TTL_MS) {
    if (!this.leaving) {
      this.connection.publish(this.subject('hello', this.app), JSON.stringify({ worker: this.options.worker, ttl_ms: ttl }));
    }
  }

  /* The last greeting. Offers come no more; requests are still answered. */
  async goodBye() {
    this.hello(0);
    this.leaving = true;
    clearInterval(this.greeter);
    await this.connection.flush().catch(() => {});
  }

  onNode(body, subject) {
    const node = subject.split('.').pop();
    const isNew = !this.nodes.has(node);
    this.nodes.set(node, { at: performance.now(), ari: body.ari }); // the clock that nobody sets
    if (isNew) {
      this.tell('node', { node: body.node, ari: body.ari });
      this.emit('node', node);
    }
    if (body.ask_hello === true) {
      this.hello();
      // It is back, and may have calls that wait. Not at once: it has to take in our hello, and everybody else's.
      setTimeout(() => this.emit('node', node), BACK_MS * (1 + Math.random())).unref();
    }
  }

  onEvent(body, subject) {
    const node = subject.split('.').pop();
    const channel = body.channel?.id;
    if (typeof channel !== 'string') {
      this.tell('not-understood', { subject });
    } else if (body.type === 'CallBroadcast') {
      this.emit('offer', { ...body, channel, node });
    } else {
      this.emit('over', { type: body.type, channel, node, offer: body.offer, winner: body.winner_app, reason: body.reason });
    }
  }

  /* The URL of a node's ARI, or undefined as long as it has not been heard of. */
  urlOf(node) {
    return this.nodes.get(node)?.ari;
  }

  /* The node whose ARI has a URL, or undefined. */
  nodeAt(url) {
    return [...this.nodes.keys()].find((node) => this.urlOf(node) === url);
  }

  /* The nodes that have been heard of lately, in an order of its own each time. */
  nodesThere() {
    for (const [node, { at }] of this.nodes) {
      if (performance.now() - at > TTL_MS) {
        this.nodes.delete(node);
      }
    }
    const draw = new Map([...this.nodes.keys()].map((node) => [node, Math.random()]));
    return [...draw.keys()].sort((one, other) => draw.get(one) - draw.get(other));
  }

  /*
   * Ask a node: claim, decline, bid or take. Returns its answer; status 0, there was none, and `isUnsure` that it may
   * have been asked all the same. What got lost on the way is asked again, as the node tells the same worker the same;
   * `patience` is how long it makes sense.
   */
  async ask(verb, node, body, patience = TRIES * ANSWER_MS, wait = ANSWER_MS) {
    const until = performance.now() + patience;
    const request = JSON.stringify({ ...body, worker: this.options.worker });
    let error;
    for (let tries = 0; tries < TRIES && (tries === 0 || performance.now() < until); tries += 1) {
      try {
        const answer = parsed(await this.connection.request(this.subject(verb, node, this.app), request, { timeout: wait }));
        return Number.isInteger(answer?.status) ? answer : { status: 0, message: 'an answer without a status' };
      } catch (failed) {
        error = failed;
        await sleep(100); // nobody listens there: that shows at once
      }
    }
    const isUnsure = !(error instanceof NoRespondersError || error?.isNoResponders?.());
    return { status: 0, message: String(error?.message ?? error), isUnsure };
  }

  async close() {
    this.leaving = true;
    clearInterval(this.greeter);
    await this.connection?.close().catch(() => {});
  }
}

module.exports = { Bus, token, ANSWER_MS };

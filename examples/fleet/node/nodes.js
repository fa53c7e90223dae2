/*
 * The Asterisks where we have calls: a WebSocket to each from the moment that a call there is ours until the last has
 * ended.
 */
'use strict';

const { EventEmitter, once } = require('node:events');
const ari = require('ari-client');

const LOST_MS = 5000; // a node whose WebSocket does not come back so long has lost our calls

/* One Asterisk. Its client, which knows the description of its ARI, is kept; its WebSocket is not. */
class Node extends EventEmitter {
  constructor(url, options, tell, isAsked) {
    super();
    Object.assign(this, { url, options, tell, isAsked });
    this.calls = new Set(); // channels that are ours there
    this.opening = null;
    this.isOpen = false;
    this.gone = false;
  }

  /* Have a WebSocket. Several may wait for the same one. */
  open() {
    this.opening ??= this.start().then(() => {
      this.isOpen = true;
      setImmediate(() => this.closeIfIdle()); // it may have been needed only while it was opened
    }, (error) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }

  async start() {
    const { user, password, app } = this.options;
    if (!this.client) {
      // ari-client cannot do without Asterisk, nor with a wrong password: so ask first.
      const status = await this.request('GET', 'api-docs/resources.json');
      if (status !== 200) {
        throw new Error(`${this.url} answers ${status}: see the users in Asterisk's ari.conf`);
      }
      this.client = this.hearing(await ari.connect(this.url.replace(/\/ari\/?$/, ''), user, password));
    }
    await this.closed; // Asterisk should not take the end of the last one for the end of this one
    await this.client.start(encodeURIComponent(app));
  }

  hearing(client) {
    client.on('WebSocketConnected', () => this.onOpen(client));
    client.on('WebSocketReconnecting', () => this.onLost());
    for (const event of ['StasisStart', 'StasisEnd', 'CallBroadcast', 'CallClaimed', 'CallWithdrawn']) {
      client.on(event, (message, channel) => this.emit(event, message, channel));
    }
    return client;
  }

  onOpen(client) {
    if (this.gone) {
      client._ws.terminate(); // its last attempt came too late
      return;
    }
    this.tell('websocket-open', { ari: this.url });
    if (this.lost) {
      clearTimeout(this.lost);
      this.lost = undefined;
      this.forgetEnded();
    }
  }

  onLost() {
    if (!this.gone && !this.lost) {
      this.tell('websocket-lost', { ari: this.url });
      this.lost = setTimeout(() => this.emit('gone'), LOST_MS);
    }
  }

  /*
   * Send a request and return the HTTP status; 0, there was no answer within `wait` ms. ari-client has functions
   * for it, but they do not tell the status.
   */
  async request(method, path, wait = LOST_MS) {
    const { user, password, app } = this.options;
    const url = `${this.url.replace(/\/$/, '')}/${path}${path.includes('?') ? '&' : '?'}application=${encodeURIComponent(app)}`;
    const login = Buffer.from(`${user}:${password}`).toString('base64');
    try {
      const answer = await fetch(url, { method, headers: { Authorization: `Basic ${login}` }, signal: AbortSignal.timeout(wait) });
      await answer.arrayBuffer();
      return answer.status;
    } catch (error) {
      this.tell('no-answer', { request: path, error: String(error.cause || error) });
      return 0;
    }
  }

  /* Ends that nobody could tell us of, as the WebSocket was away. */
  async forgetEnded() {
    const before = [...this.calls];
    const there = before.length && await this.client.channels.list().catch(() => null);
    if (there) {
      const ids = new Set(there.map((channel) => channel.id));
      before.filter((id) => !ids.has(id)).forEach((id) => this.emit('forgotten', id));
    }
  }

  /*
   * Give the WebSocket back when nothing needs it any more. While a request is out that may bring a call, Asterisk would
   * hand it over to an application that is just going, and nobody would hear of it.
   */
  closeIfIdle() {
    if (this.calls.size === 0 && this.isOpen && !this.isAsked(this.url)) {
      this.close();
      this.tell('websocket-closed', { ari: this.url });
    }
  }

  close() {
    this.closed = once(this.client._ws, 'close', { signal: AbortSignal.timeout(LOST_MS) }).catch(() => {});
    this.client.stop();
    this.isOpen = false;
    this.opening = null;
  }

  giveUp() {
    this.gone = true;
    clearTimeout(this.lost);
    if (this.isOpen) {
      this.close();
    }
  }
}

/*
 * All of them, by URL. `isAsked` tells of a URL whether a request is out that may bring a call from there. Events: those
 * of ARI, with the node first; lost, with a channel.
 */
class Nodes extends EventEmitter {
  constructor(options, tell, isAsked) {
    super();
    Object.assign(this, { options, tell, isAsked });
    this.all = new Map();
  }

  at(url) {
    if (!this.all.has(url)) {
      this.all.set(url, this.added(new Node(url, this.options, this.tell, this.isAsked)));
    }
    return this.all.get(url);
  }

  added(node) {
    for (const event of ['StasisStart', 'StasisEnd', 'CallBroadcast', 'CallClaimed', 'CallWithdrawn']) {
      node.on(event, (message, channel) => this.emit(event, node, message, channel));
    }
    node.on('forgotten', (channel) => this.emit('lost', node, channel));
    node.on('gone', () => {
      this.all.delete(node.url);
      node.giveUp();
      [...node.calls].forEach((channel) => this.emit('lost', node, channel));
    });
    return node;
  }

  /* Wait until the WebSocket to this URL, any if none is given, is closed if it is being: Asterisk knows us until then. */
  async closed(url) {
    await Promise.all([...this.all.values()].filter((node) => (url ?? node.url) === node.url).map((node) => node.closed));
  }

  closeIdle() {
    this.all.forEach((node) => node.closeIfIdle());
  }

  close() {
    this.all.forEach((node) => node.giveUp());
  }
}

module.exports = { LOST_MS, Nodes };

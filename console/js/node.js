// One Asterisk: the log-in, the WebSocket that brings the events, and questions to its ARI. Knows nothing of the page.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10000;
const PATIENCE = 10000;

/** Why a node cannot be watched; `is` is a state of Node. */
class Refused extends Error {
  constructor(is, text) {
    super(text);
    this.is = is;
  }
}

/** UTF-8 in base64, as HTTP's log-in wants it. */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/**
 * Connects, and does so again whenever the connection is lost. States: "connecting"; "live"; "away", nobody answers, it
 * is tried again at `retryAt`; "refused", the log-in is wrong; "unfit", something must be set there first.
 */
export class Node {
  /** url: the part before /ari. listener: {onState(node), onEvent(node, event), onReady(node)}. */
  constructor(url, login, listener) {
    this.url = url.replace(/\/+$/, '');
    const { host, pathname } = new URL(this.url);
    // Several may be behind one proxy, below paths of their own.
    this.name = host + pathname.replace(/\/+$/, '');
    this.login = login;
    this.listener = listener;
    this.isOwn = new URL(this.url).origin === location.origin;
    this.mayWrite = false;
    this.wasLive = false;
    this.state = 'connecting';
    this.reason = '';
    this.since = Date.now();
    this.pause = FIRST_PAUSE;
    this.id = Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    this.times = 0;
    this.asked = new Map();
    this.numbers = 0;
  }

  /** Begin. Returns when the first attempt has ended, in whichever state. */
  async open() {
    await this.attempt();
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  retryNow() {
    if (this.state === 'live' || this.state === 'connecting') return;
    clearTimeout(this.timer);
    this.attempt();
  }

  become(state, reason = '') {
    if (this.state !== state) this.since = Date.now();
    this.state = state;
    this.reason = reason;
    this.listener.onState(this);
  }

  async attempt() {
    if (this.state !== 'connecting') this.become('connecting', this.reason);
    try {
      if (this.isOwn) this.check(await this.request('GET', 'broadcastStats?limit=1'));
      await this.connect();
      if (!this.isOwn) this.check(await this.request('GET', 'broadcastStats?limit=1'));
      await this.mustOnlyWatch();
      // A method that nobody has there: 403 is for who may not write, 405 for who may.
      this.mayWrite = (await this.request('POST', 'broadcastStats')).status !== 403;
      // Over HTTP all of this was answered without it.
      if (this.socket.readyState !== WebSocket.OPEN) throw new Refused('away', 'Asterisk closed the connection');
      this.pause = FIRST_PAUSE;
      this.wasLive = true;
      this.become('live');
      this.listener.onReady(this);
    } catch (error) {
      this.socket?.close();
      if (error instanceof Refused && error.is !== 'away') this.become(error.is, error.message);
      else this.lost(error.message);
    }
  }

  check(answer) {
    if (answer.status === 401) throw new Refused('refused', 'User or password is wrong');
    if (answer.status === 404 || answer.status === 501) {
      // Where it was, it may be again in a moment: an Asterisk that starts answers before it has loaded all modules.
      throw new Refused(this.wasLive ? 'away' : 'unfit', 'Stasis Broadcast is not loaded there: its modules are res_stasis_broadcast.so and res_ari_broadcasts.so');
    }
    if (answer.status !== 200) throw new Refused('away', `ARI answers ${answer.status}`);
  }

  /** A console that is offered calls would keep them waiting: nobody claims them here. */
  async mustOnlyWatch() {
    const answer = await this.request('GET', `broadcastMatch?filter=${encodeURIComponent(`^${this.app}$`)}`);
    if (answer.status === 200 && answer.body.matched > 0) {
      throw new Refused('unfit', 'There the console would be offered calls like a worker. Put "watchers = ^console" into stasis_broadcast.conf, then "module reload res_stasis_broadcast"');
    }
  }

  connect() {
    this.times += 1;
    this.app = `console-${this.id}-${this.times}`;
    const key = `${encodeURIComponent(this.login.user)}:${encodeURIComponent(this.login.password)}`;
    const socket = new WebSocket(`${this.url.replace(/^http/, 'ws')}/ari/events?app=${this.app}&api_key=${key}`);
    this.socket = socket;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.close(), PATIENCE);
      socket.onopen = () => resolve();
      socket.onmessage = (message) => this.heard(JSON.parse(message.data));
      socket.onclose = () => {
        clearTimeout(timer);
        reject(new Refused('away', this.isOwn ? 'Asterisk closed the connection'
          : 'It does not answer, or it does not let this user in: a browser does not tell which'));
        this.closed(socket);
      };
      socket.addEventListener('open', () => clearTimeout(timer));
    });
  }

  closed(socket) {
    for (const answer of this.asked.values()) answer.reject(new Error('the connection is closed'));
    this.asked.clear();
    if (socket === this.socket && this.state === 'live') this.lost('Asterisk closed the connection');
  }

  /** Come back later, and less and less often; with a bit of chance, so that not all come at once. */
  lost(reason) {
    if (this.isClosed) return;
    const pause = this.pause * (0.5 + Math.random() / 2);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    this.retryAt = Date.now() + pause;
    this.become('away', reason);
    this.timer = setTimeout(() => this.attempt(), pause);
  }

  heard(event) {
    if (event.type === 'RESTResponse') {
      this.speaksRest = true;
      this.asked.get(event.request_id)?.resolve({ status: event.status_code, text: event.message_body });
    } else {
      this.listener.onEvent(this, event);
    }
  }

  /**
   * Ask ARI. Returns {status, body}; body is null if there is none. Throws if there is no answer.
   * From another origin it goes over the WebSocket, which needs no setting there; Asterisk before 20.14, 21.9 and 22.4
   * does not answer there, and gets it by HTTP, where allowed_origins of ari.conf has to have this page's.
   */
  async request(method, path) {
    const answer = await (this.isOwn ? this.overHttp(method, path) : this.overSocket(method, path));
    let body = null;
    try {
      body = answer.text ? JSON.parse(answer.text) : null;
    } catch { /* An error page of a proxy, which has no news but its status. */ }
    return { status: answer.status, body };
  }

  async overHttp(method, path) {
    const { user, password } = this.login;
    const key = this.isOwn ? '' : `${path.includes('?') ? '&' : '?'}api_key=${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    const headers = this.isOwn ? { Authorization: `Basic ${base64(`${user}:${password}`)}` } : {};
    try {
      const answer = await fetch(`${this.url}/ari/${path}${key}`, {
        method, headers, credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(PATIENCE),
      });
      return { status: answer.status, text: await answer.text() };
    } catch {
      // Each browser says so in its own words, and none says why.
      throw new Error(this.isOwn ? 'It does not answer' : 'It does not answer, or allowed_origins of its ari.conf has not this page\'s address');
    }
  }

  async overSocket(method, path) {
    if (this.speaksRest === false) return this.overHttp(method, path);
    const id = String(this.numbers += 1);
    const answer = new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
    this.socket.send(JSON.stringify({ type: 'RESTRequest', transaction_id: this.app, request_id: id, method, uri: path }));
    const timer = setTimeout(() => this.asked.get(id)?.reject(new Error('no answer')), this.speaksRest ? PATIENCE : 2000);
    try {
      return await answer;
    } catch (error) {
      if (this.speaksRest !== undefined || this.socket.readyState !== WebSocket.OPEN) throw error;
      this.speaksRest = false;
      return this.overHttp(method, path);
    } finally {
      clearTimeout(timer);
      this.asked.delete(id);
    }
  }
}

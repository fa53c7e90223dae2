// The console: nodes, what is known of them, and the panels that show it. Nothing is drawn but in frames of the browser.

import { Board } from './board.js';
import { CallDialog, WithdrawDialog } from './dialogs.js';
import { byId, el, keyed, mark, put, show } from './dom.js';
import { EndedPanel } from './ended.js';
import { LinePanel } from './line.js';
import { ask, forget, keep, kept } from './login.js';
import { Node } from './node.js';
import { Polls } from './polls.js';
import { PoolPanel } from './pool.js';
import { problems } from './problems.js';
import { HourPanel, QueuesPanel, Tiles } from './stats.js';
import { TesterPanel } from './tester.js';
import { startTheme } from './theme.js';
import { Workers } from './workers.js';

// Those who hear the page hear of changes so often at the most, in ms.
const QUIET = 10000;

const WELL = { kind: 'well', level: 'good', text: 'All is well: callers find somebody, workers answer.' };

class Console {
  constructor(login) {
    this.login = login;
    this.board = new Board();
    this.workers = new Workers();
    this.polls = new Polls(this.board, this.workers, () => {
      this.board.sweep();
      this.changed('line', 'ended', 'workers', 'queues');
      // A hidden page is not drawn; its title is seen.
      if (document.hidden) this.drawProblems();
    });
    this.nodes = login.urls.map((url) => new Node(url, login, this));
    this.due = new Map();
    this.makePanels();
    this.polls.wanted = (node) => this.line.idsOf(node);
  }

  makePanels() {
    const mayWithdraw = (call) => call.node.mayWrite && call.node.state === 'live';
    const say = (text) => this.say(text);
    this.withdraw = new WithdrawDialog(say);
    const withdraw = (call) => this.withdraw.ask(call);
    this.call = new CallDialog(this.board, withdraw, mayWithdraw);
    this.line = new LinePanel(this.board, { open: (call) => this.call.open(call), withdraw, mayWithdraw });
    this.ended = new EndedPanel(this.board);
    this.pool = new PoolPanel(this.workers, this.board);
    this.tiles = new Tiles(this.board, this.workers);
    this.hour = new HourPanel(this.board);
    this.queues = new QueuesPanel();
    this.tester = new TesterPanel(() => this.nodes);
    for (const panel of [this.line, this.ended, this.pool]) panel.several = this.nodes.length > 1;
    // How often each is drawn at the most, in ms, and how.
    this.panels = {
      line: [100, () => this.line.draw()],
      ended: [250, () => this.ended.draw()],
      head: [500, () => { this.tiles.draw(this.nodes); this.drawProblems(); this.drawNodes(); }],
      workers: [1000, () => this.pool.draw()],
      queues: [1000, () => this.queues.draw(this.nodes)],
      hour: [2000, () => this.hour.draw()],
    };
  }

  // What nodes tell

  onState(node) {
    if (node.state !== 'live' && node.isReady) {
      node.isReady = false;
      this.say(`${node.name} is away.`);
    }
    this.changed('line', 'head', 'workers');
  }

  async onReady(node) {
    node.isReady = true;
    node.counted = [];
    const asked = performance.now();
    if (node.times > 1) this.say(`${node.name} is there again.`);
    try {
      const list = await node.request('GET', 'broadcasts?limit=10000');
      if (list.status === 200) this.board.listed(node, list.body, asked);
    } catch { /* It is away again, and says so. */ }
    this.changed('line', 'ended', 'head');
    this.polls.run(node);
  }

  onEvent(node, event) {
    if (this.board.hear(node, event)) this.changed('line', 'ended');
  }

  // Drawing

  changed(...names) {
    for (const name of names) this.due.set(name, true);
  }

  start() {
    const drawn = {};
    const frame = (now) => {
      if (this.isOver) return;
      for (const [name, [least, draw]] of Object.entries(this.panels)) {
        const since = now - (drawn[name] ?? -Infinity);
        // Times run on also without news.
        if (since < least || (!this.due.get(name) && since < 1000 && !(name === 'line' && since >= 250))) continue;
        this.due.delete(name);
        drawn[name] = now;
        draw();
        // One a frame, so that none takes long.
        break;
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  drawProblems() {
    const found = problems(this.nodes, this.board, this.workers);
    keyed(byId('problem-list'), found.length ? found : [WELL], (one) => one.kind, () => {
        const made = { sign: el('span', { class: 'sign' }), text: el('span') };
        made.node = el('li', {}, made.sign, ' ', made.text);
        return made;
      }, (made, { level, text }) => {
        put(made.sign, { bad: '■ Wrong:', warn: '▲ Look:', good: '●' }[level]);
        put(made.text, text);
        mark(made.node, level);
      });
    this.tellProblems(found);
    document.title = `${found.length ? `(${found.length}) ` : ''}${this.board.calls.size} on offer – Broadcast console`;
  }

  /** For those who hear the page: once for each kind of problem that comes, and once when all is well again. */
  tellProblems(found) {
    const fresh = found.filter((one) => !this.told?.includes(one.kind));
    const isWell = !found.length && this.told?.length;
    if ((!fresh.length && !isWell) || performance.now() - (this.toldAt ?? -QUIET) < QUIET) return;
    this.told = found.map((one) => one.kind);
    this.toldAt = performance.now();
    this.say(isWell ? 'All is well again.' : fresh.map((one) => one.text).join('. '));
  }

  say(text) {
    put(byId('say'), text);
  }

  drawNodes() {
    keyed(byId('nodes'), this.nodes, (node) => node.url, (node) => {
      const made = { state: el('span'), retry: el('button', { type: 'button', class: 'small' }, 'Try now') };
      made.retry.addEventListener('click', () => node.retryNow());
      made.node = el('li', {}, el('b', {}, node.name), ' ', made.state, ' ', made.retry);
      return made;
    }, (made, node) => {
      const wait = Math.max(0, Math.ceil((node.retryAt - Date.now()) / 1000));
      const words = { live: 'live', connecting: 'connecting …', away: `away, again in ${wait} s`, refused: 'log-in refused', unfit: 'not usable' };
      put(made.state, words[node.state] + (node.state === 'live' && this.nodes.length > 1 ? `, ${this.board.open(node)} on offer` : ''));
      show(made.retry, node.state === 'away' || node.state === 'unfit');
      mark(made.node, node.state);
    });
    const canWrite = this.nodes.some((node) => node.mayWrite);
    put(byId('who'), `${this.login.user}${canWrite || !this.nodes.some((node) => node.isReady) ? '' : ', may only read'}`);
  }

  // Coming and going

  /** Connect. Returns what is wrong if no node can be watched. */
  async open() {
    await Promise.all(this.nodes.map((node) => node.open()));
    if (this.nodes.some((node) => node.state === 'live')) return null;
    const [first] = this.nodes;
    return `${first.name}: ${first.reason || 'it does not answer'}`;
  }

  close() {
    this.isOver = true;
    for (const node of this.nodes) node.close();
  }
}

let current = null;

function enter(board) {
  current = board;
  show(byId('login'), false);
  show(byId('console'), true);
  board.start();
}

async function logIn(login) {
  const fresh = new Console(login);
  const wrong = await fresh.open();
  if (wrong) {
    fresh.close();
    return wrong;
  }
  keep(login);
  enter(fresh);
  byId('line-title').focus();
  return null;
}

function logOut() {
  forget();
  current?.close();
  // All of it goes: what was shown, and what was known.
  location.reload();
}

startTheme(byId('theme'));
byId('logout').addEventListener('click', logOut);
addEventListener('online', () => current?.nodes.forEach((node) => node.retryNow()));
const login = kept();
if (login) {
  const before = new Console(login);
  enter(before);
  before.open();
} else {
  ask(logIn);
}

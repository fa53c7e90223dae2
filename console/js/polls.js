// What no event tells is asked for: what is counted, who has heard of each call, and which calls applications have.

// As many names as a list of calls may bring; beyond it, only the calls on the screen are asked about.
const NAMES = 6000;
const AT_ONCE = 8;

// So late events may be, in ms.
const GRACE = 20000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks as long as the node is live: a question a second at the most of each kind, and none before the last is answered. */
export class Polls {
  constructor(board, workers, listener) {
    this.board = board;
    this.workers = workers;
    this.listener = listener;
    this.wanted = () => [];
  }

  async run(node) {
    const turn = node.times;
    for (let round = 0; node.state === 'live' && node.times === turn; round += 1) {
      const begun = performance.now();
      try {
        await this.ask(node, round);
        node.silentFor = 0;
      } catch (error) {
        // Nobody answers, though the connection looks alive.
        node.silentFor = (node.silentFor ?? 0) + 1;
        if (node.silentFor > 1) node.socket.close();
      }
      // It costs Asterisk and this page a tenth of their time at the most.
      const took = performance.now() - begun;
      await pause(Math.max(document.hidden ? 5000 : 1000 - took, took * 9, 200));
    }
  }

  async ask(node, round) {
    const seen = this.board.heardOf.get(node) ?? 0;
    const stats = await node.request('GET', 'broadcastStats?limit=10000');
    if (stats.status === 200) {
      this.compare(node, stats.body, seen);
      this.workers.counted(node, stats.body);
    }
    if (round % 3 === 0) {
      const applications = await node.request('GET', 'applications');
      if (applications.status === 200) this.workers.registered(node, applications.body);
    }
    for (const call of this.board.toAsk(node).slice(0, AT_ONCE)) {
      const one = await node.request('GET', `broadcasts/${encodeURIComponent(call.id)}`);
      if (one.status === 200 || one.status === 404) this.board.asked(call, one.status === 200 ? one.body : null);
    }
    await this.describe(node);
    this.listener(node);
  }

  async describe(node) {
    const open = this.board.open(node);
    if (open * (node.stats?.now.applications ?? 0) <= NAMES) {
      if (!open) return;
      const list = await node.request('GET', `broadcasts?limit=${Math.min(open + 10, 10000)}`);
      if (list.status === 200) this.board.described(node, list.body);
      return;
    }
    for (const id of this.wanted(node).slice(0, AT_ONCE)) {
      const one = await node.request('GET', `broadcasts/${encodeURIComponent(id)}`);
      if (one.status === 200) this.board.described(node, [one.body]);
    }
  }

  /** Each offer that Asterisk had counted a while ago should have been heard of by now, however late its events are. */
  compare(node, stats, heard) {
    const now = performance.now();
    node.stats = stats;
    if (!node.counted?.length || node.counted[0].since !== stats.since) node.counted = [];
    node.counted.push({ since: stats.since, opened: stats.opened, heard, at: now });
    const [base] = node.counted;
    const due = node.counted.filter((one) => one.at < now - GRACE).pop();
    if (!due || due === base) return;
    const missing = (due.opened - base.opened) - (heard - base.heard);
    if (missing > 0) {
      this.board.unseen += missing;
      node.counted = [];
    } else {
      // The first one stays what is compared with.
      node.counted = [base, ...node.counted.slice(node.counted.indexOf(due))];
    }
  }
}

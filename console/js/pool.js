// The panel of the workers: a tile for each application.

import { byId, el, keyed, mark, put, show } from './dom.js';
import { count, duration, foreign } from './text.js';
import { WORDS } from './workers.js';

const FIRST = 240;

export class PoolPanel {
  constructor(workers, board) {
    this.workers = workers;
    this.board = board;
    this.list = byId('workers');
    this.showsAll = false;
    this.several = false;
    byId('workers-find').addEventListener('input', () => this.draw());
    byId('workers-sort').addEventListener('change', () => this.draw());
    byId('workers-more').addEventListener('click', () => {
      this.showsAll = !this.showsAll;
      this.draw();
    });
  }

  make() {
    const made = { name: el('bdi', { class: 'name' }), state: el('span', { class: 'state' }), where: el('span', { class: 'node' }),
      won: el('b'), live: el('b'), median: el('b'), offered: el('b') };
    made.node = el('li', {}, made.name, made.state,
      el('span', { class: 'numbers' }, el('span', {}, made.live, ' live'), made.offers = el('span', {}, made.offered, ' offered'),
        el('span', {}, made.won, ' won'), el('span', {}, made.median, ' median')),
      made.where);
    return made;
  }

  update(made, worker, offered) {
    put(made.name, foreign(worker.name, 256));
    put(made.state, worker.state === 'silent' ? `${WORDS.silent} (${worker.row} in a row)` : WORDS[worker.state]);
    put(made.live, worker.live);
    put(made.offered, offered);
    show(made.offers, offered > 0);
    put(made.won, worker.won.toLocaleString('en'));
    put(made.median, duration(worker.median));
    put(made.where, this.several ? worker.node.name : '');
    const title = `${foreign(worker.name, 256)}: ${worker.offers} offered, ${worker.declined} declined, ${worker.late} too late, ${worker.lost} lost, ${worker.dropped} events dropped, ${worker.queued} queued`;
    if (made.node.title !== title) made.node.title = title;
    mark(made.node, `tile ${worker.state}${worker.node.state === 'live' ? '' : ' old'}`);
  }

  draw() {
    const all = this.workers.list(byId('workers-find').value.trim(), byId('workers-sort').value);
    const shown = this.showsAll ? all : all.slice(0, FIRST);
    const offers = this.board.offers();
    keyed(this.list, shown, (worker) => worker.key, () => this.make(), (made, worker) => this.update(made, worker, offers.get(worker.key) ?? 0));
    const census = this.workers.census();
    put(byId('workers-count'), [count(census.there, 'connected', 'connected'), census.busy && `${census.busy} on a call`,
      census.silent && `${census.silent} silent`, census.stalled && `${census.stalled} stalled`].filter(Boolean).join(' · '));
    show(byId('workers-empty'), !all.length);
    put(byId('workers-empty'), this.workers.all().length ? 'No worker is called so.' : 'No application is connected.');
    const button = byId('workers-more');
    show(button, all.length > FIRST);
    put(button, this.showsAll ? `Show the first ${FIRST} only` : `Show ${count(all.length - FIRST, 'more worker')}`);
  }
}

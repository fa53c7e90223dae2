// The panel of what became of the last calls.

import { byId, el, keyed, mark, put, show } from './dom.js';
import { clock, duration, foreign } from './text.js';

const SIGNS = { claimed: '✓', timeout: '◔', hangup: '✕', declined: '⊘', withdrawn: '↩', unseen: '?' };
const CLASSES = { claimed: 'good', timeout: 'bad', hangup: 'bad', declined: 'bad', withdrawn: 'dim', unseen: 'warn' };

/** In words. */
export function told(one) {
  const after = ` after ${duration(one.waited)}`;
  switch (one.outcome) {
    case 'claimed': return one.ms === null ? '' : ` in ${duration(one.ms)}`;
    case 'timeout': return `timed out${after}`;
    case 'hangup': return `abandoned${after}`;
    case 'declined': return `declined by all, or nobody there${after}`;
    case 'withdrawn': return `withdrawn${after}`;
    case 'unseen': return 'ended, and this page did not hear how';
    default: return foreign(one.outcome, 40);
  }
}

function cell(label, ...children) {
  return el('td', { role: 'cell', 'data-label': label }, ...children);
}

export class EndedPanel {
  constructor(board) {
    this.board = board;
    this.body = byId('ended').tBodies[0];
    this.several = false;
    byId('ended-only').addEventListener('change', () => this.draw());
  }

  make(one) {
    const winner = el('bdi', { class: 'winner' });
    put(winner, one.winner ? foreign(one.winner, 60) : '');
    const words = el('span', { class: 'words' });
    const name = el('bdi');
    const number = el('bdi', { class: 'dim' });
    put(name, foreign(one.caller.name || one.caller.number || 'unknown caller'));
    put(number, one.caller.name ? foreign(one.caller.number, 40) : '');
    const sign = el('span', { class: `sign ${CLASSES[one.outcome] ?? ''}`, 'aria-hidden': 'true' }, SIGNS[one.outcome] ?? '·');
    put(words, one.outcome === 'claimed' ? '' : told(one));
    const queue = cell('Queue');
    put(queue, foreign(one.queue, 60));
    const last = one.outcome === 'claimed'
      ? cell('Outcome', sign, ' ', winner, el('span', { class: 'dim' }, told(one)))
      : cell('Outcome', sign, ' ', words);
    const where = el('span', { class: 'node' });
    const node = el('tr', { role: 'row' }, cell('At', clock(one.at)), cell('Caller', name, ' ', number, ' ', where), queue, last);
    return { node, where };
  }

  draw() {
    const only = byId('ended-only').value;
    const shown = this.board.ended.filter((one) => !only || (one.outcome === 'claimed') === (only === 'claimed'));
    keyed(this.body, shown, (one) => one.number, (one) => this.make(one),
      (made, one) => { put(made.where, this.several ? one.node.name : ''); mark(made.node, one.outcome); });
    show(byId('ended-empty'), !shown.length);
    show(byId('ended'), shown.length > 0);
  }
}

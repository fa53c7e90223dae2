// The panel of the calls on offer.

import { byId, el, keyed, mark, put, show } from './dom.js';
import { count, foreign, seconds } from './text.js';

const FIRST = 100;

function cell(label, className = '') {
  return el('td', { role: 'cell', 'data-label': label, ...(className && { class: className }) });
}

export class LinePanel {
  /** act: {open(call), withdraw(call), mayWithdraw(call)}. */
  constructor(board, act) {
    this.board = board;
    this.act = act;
    this.body = byId('line').tBodies[0];
    this.showsAll = false;
    this.several = false;
    byId('line-more').addEventListener('click', () => {
      this.showsAll = !this.showsAll;
      this.draw();
    });
    this.body.addEventListener('click', (event) => this.clicked(event));
    this.body.addEventListener('keydown', (event) => this.arrow(event));
  }

  clicked(event) {
    const button = event.target.closest('button');
    const call = this.board.calls.get(button?.closest('tr').key);
    if (call) this.act[button.dataset.act](call);
  }

  /** Up and down go from row to row, in the same column. */
  arrow(event) {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    const act = event.target.dataset?.act;
    const row = step && act && event.target.closest('tr')[step];
    if (!row) return;
    (row.querySelector(`[data-act="${act}"]:not([hidden])`) ?? row.querySelector('button')).focus();
    event.preventDefault();
  }

  make(call) {
    const made = {
      name: el('bdi'), number: el('bdi', { class: 'dim' }), where: el('span', { class: 'node' }), queue: cell('Queue'),
      priority: cell('Priority', 'number'), waited: cell('Waited', 'number waited'), left: el('span', { class: 'left' }),
      bar: el('span', { class: 'fill' }), heard: cell('Heard', 'number'), declined: cell('Declined', 'number'),
      withdraw: el('button', { type: 'button', 'data-act': 'withdraw', class: 'small' }, 'Withdraw'), longest: el('span', { class: 'unseen' }),
    };
    const open = el('button', { type: 'button', 'data-act': 'open', class: 'link' }, made.name);
    const time = cell('Time left', 'time');
    time.append(el('span', { class: 'bar', 'aria-hidden': 'true' }, made.bar), made.left);
    const caller = cell('Caller', 'caller');
    caller.append(open, ' ', made.number, ' ', made.where);
    const last = cell('', 'act');
    last.append(made.withdraw);
    made.node = el('tr', { role: 'row' }, caller, made.queue, made.priority, made.waited, time, made.heard, made.declined, last);
    made.node.key = call.key;
    return made;
  }

  update(made, call, now, longest) {
    const { detail } = call;
    put(made.name, foreign(call.caller.name || call.caller.number || 'unknown caller'));
    put(made.number, call.caller.name ? foreign(call.caller.number, 40) : '');
    put(made.where, this.several ? call.node.name : '');
    put(made.queue, foreign(call.queue, 60));
    put(made.priority, call.priority || '');
    put(made.waited, seconds((now - call.from) / 1000) + (call === longest ? ' ▲' : ''));
    put(made.heard, detail ? detail.recipients.length : '·');
    put(made.declined, detail ? detail.declined.length || '' : '');
    mark(made.node, `${call === longest ? 'longest' : ''}${call.node.state === 'live' ? '' : ' old'}`);
    this.time(made, call, now);
    show(made.withdraw, this.act.mayWithdraw(call));
    const label = `Withdraw the call of ${foreign(call.caller.name || call.caller.number || call.id, 60)}`;
    if (made.label !== label) made.withdraw.setAttribute('aria-label', made.label = label);
  }

  time(made, call, now) {
    const left = Math.max(0, call.timeout - (now - call.begun));
    const share = call.timeout ? left / call.timeout : 0;
    put(made.left, `${seconds(Math.ceil(left / 1000))}${call.bids ? ' · bids' : ''}`);
    const wanted = `scaleX(${share.toFixed(2)})`;
    if (made.scale !== wanted) made.bar.style.transform = made.scale = wanted;
    mark(made.bar, share < 0.2 ? 'fill soon' : 'fill');
  }

  draw() {
    const now = performance.now();
    const line = this.board.line();
    const shown = this.showsAll ? line : line.slice(0, FIRST);
    const longest = line.length > 1 ? this.board.longest() : null;
    this.shown = shown;
    keyed(this.body, shown, (call) => call.key, (call) => this.make(call), (made, call) => this.update(made, call, now, longest));
    put(byId('line-count'), line.length ? `${count(line.length, 'call')} on offer` : '');
    show(byId('line-empty'), !line.length);
    show(byId('line'), line.length > 0);
    const button = byId('line-more');
    show(button, line.length > FIRST);
    put(button, this.showsAll ? `Show the first ${FIRST} only` : `Show ${count(line.length - FIRST, 'more call')}`);
  }

  /** The calls on the screen whose details are oldest, by their IDs. */
  idsOf(node) {
    return (this.shown ?? []).filter((call) => call.node === node)
      .sort((one, other) => (one.detail?.when ?? 0) - (other.detail?.when ?? 0)).map((call) => call.id);
  }
}

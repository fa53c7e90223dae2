// The panels of what is counted: the tiles at the top, the last hour, the queues.

import { Bars, Lines, roundUp } from './chart.js';
import { byId, el, keyed, mark, put, show } from './dom.js';
import { Minutes, SPAN, missed } from './minutes.js';
import { clock, count, duration, foreign, moment, seconds, since } from './text.js';

const percent = (share) => `${(share * 100).toFixed(share < 0.995 && share > 0 ? 1 : 0)} %`;

/** The calls of queues that the service level is of, as in "broadcast show stats": what was declined or withdrawn is nobody's delay. */
const judged = (queue) => queue.claimed + queue.abandoned + queue.timed_out;

/** A rate of some minutes, of which the running one is not over. */
function aMinute(number, minutes, began) {
  const lasted = Math.min(minutes, Math.max((Date.now() - began) / 60000, 1 / 6));
  return number / lasted;
}

export class Tiles {
  constructor(board, workers) {
    this.board = board;
    this.workers = workers;
    this.place = byId('tiles');
  }

  rows(nodes) {
    const census = this.workers.census();
    const longest = this.board.longest();
    const waits = longest ? (performance.now() - longest.from) / 1000 : 0;
    const few = Minutes.sum(this.board.minutes.last(5));
    const hour = Minutes.sum(this.board.minutes.last());
    const { began } = this.board.minutes;
    const rate = (number) => { const value = aMinute(number, 5, began); return value < 10 ? value.toFixed(1) : Math.round(value); };
    const lost = missed(few);
    return [
      ['On offer', this.board.calls.size, '', ''],
      ['Longest wait', longest ? seconds(waits) : '–', '', waits < 20 ? '' : waits < 60 ? 'warn' : 'bad'],
      ['Workers', census.there, census.there ? `${census.ok} ready, ${census.busy} on calls` : '', nodes.some((node) => node.stats) && !census.there ? 'bad' : ''],
      ['Not well', census.silent + census.stalled + census.twice, `${census.silent} silent, ${census.stalled} stalled`, census.stalled ? 'bad' : census.silent + census.twice ? 'warn' : ''],
      ['Offers a minute', rate(few.offers), 'last 5 min', ''],
      ['Found nobody', rate(lost), 'a minute, last 5 min', lost > 2 && lost / (lost + few.claimed) > 0.3 ? 'bad' : lost > 2 && lost / (lost + few.claimed) > 0.1 ? 'warn' : ''],
      ['Offer to claim', duration(hour.times.percentile(0.5)), `p95 ${duration(hour.times.percentile(0.95))}, p99 ${duration(hour.times.percentile(0.99))}`, ''],
      this.level(nodes),
    ];
  }

  /** The service level of all queues of all nodes. */
  level(nodes) {
    const queues = nodes.flatMap((node) => node.stats?.queues ?? []);
    const ended = queues.reduce((sum, queue) => sum + judged(queue), 0);
    const inTime = queues.reduce((sum, queue) => sum + queue.within_service_level, 0);
    const share = ended > 0 ? inTime / ended : null;
    return ['Service level', share === null ? '–' : percent(share), share === null ? 'no queue yet' : `of ${count(ended, 'call')} in queues`,
      share === null || ended < 10 || share >= 0.8 ? '' : share < 0.5 ? 'bad' : 'warn'];
  }

  draw(nodes) {
    keyed(this.place, this.rows(nodes), (row) => row[0], (row) => {
      const made = { value: el('dd', { class: 'value' }), more: el('dd', { class: 'dim' }) };
      made.node = el('div', {}, el('dt', {}, row[0]), made.value, made.more);
      return made;
    }, (made, [, value, more, level]) => {
      put(made.value, value);
      put(made.more, more);
      mark(made.node, level);
    });
  }
}

export class HourPanel {
  constructor(board) {
    this.board = board;
    this.offers = new Bars(byId('offers-chart'), SPAN, ['good', 'bad']);
    this.claims = new Lines(byId('claim-chart'), SPAN, ['p99', 'p95', 'p50']);
    this.table = byId('minutes').tBodies[0];
  }

  draw() {
    const minutes = this.board.minutes.last();
    const { began } = this.board.minutes;
    put(byId('stats-since'), Date.now() - began < SPAN * 60000 ? `seen since ${clock(began, false)}` : '');
    this.drawOffers(minutes);
    this.drawClaims(minutes);
    if (this.table.closest('details').open) this.drawTable(minutes);
  }

  drawOffers(minutes) {
    const sum = Minutes.sum(minutes);
    const most = roundUp(Math.max(...minutes.map((one) => one.claimed + missed(one))));
    const text = `${sum.claimed} claimed, ${sum.timeout} timed out, ${sum.hangup} abandoned`;
    put(byId('offers-now'), text);
    this.offers.draw(minutes.map((one) => [one.claimed, missed(one)]), most, `In the last hour: ${text}`, most);
  }

  drawClaims(minutes) {
    const all = Minutes.sum(minutes).times;
    const text = [0.5, 0.95, 0.99].map((share) => duration(all.percentile(share))).join(' · ');
    const columns = [0.99, 0.95, 0.5].map((share) => minutes.map((one) => one.times.percentile(share)));
    const values = columns.flat().filter((value) => value !== null);
    const most = roundUp(Math.max(10, ...values));
    const least = Math.max(1, roundUp(Math.min(most / 10, ...values)) / 10);
    put(byId('claim-now'), text);
    this.claims.draw(columns, least, most, `Offer to claim in the last hour, p50, p95 and p99: ${text}`, duration(most));
  }

  drawTable(minutes) {
    const rows = minutes.filter((one) => one.offers || one.claimed || missed(one)).reverse();
    keyed(this.table, rows, (one) => one.minute, () => {
      const cells = Array.from({ length: 8 }, (_, index) => el(index ? 'td' : 'th', index ? { class: 'number' } : { scope: 'row' }));
      return { node: el('tr', {}, ...cells), cells };
    }, (made, one) => [clock(one.minute * 60000, false), one.claimed, one.timeout, one.hangup, one.declined + one.withdrawn,
      ...[0.5, 0.95, 0.99].map((share) => duration(one.times.percentile(share)))].forEach((value, index) => put(made.cells[index], value)));
  }
}

export class QueuesPanel {
  constructor() {
    this.body = byId('queues').tBodies[0];
    this.labels = ['Queue', 'Waiting', 'Longest', 'Offered', 'Claimed', 'Abandoned', 'Timed out', 'In time'];
  }

  rows(nodes) {
    const several = nodes.length > 1;
    return nodes.flatMap((node) => (node.stats?.queues ?? []).map((queue) => ({ key: `${node.name} ${queue.name}`, where: several ? node.name : '', queue })))
      .sort((one, other) => other.queue.longest_wait_ms - one.queue.longest_wait_ms || one.key.localeCompare(other.key));
  }

  make() {
    const cells = this.labels.map((label, index) => el('td', { role: 'cell', 'data-label': label, ...(index && { class: 'number' }) }));
    const made = { name: el('bdi'), where: el('span', { class: 'node' }), cells };
    cells[0].append(made.name, ' ', made.where);
    made.node = el('tr', { role: 'row' }, ...cells);
    return made;
  }

  update(made, { queue, where }) {
    put(made.name, foreign(queue.name, 120));
    put(made.where, where);
    const over = judged(queue);
    const share = over > 0 ? queue.within_service_level / over : null;
    [queue.open || '', queue.open ? duration(queue.longest_wait_ms) : '', queue.offered, queue.claimed, queue.abandoned, queue.timed_out,
      share === null ? '–' : percent(share)].forEach((value, index) => put(made.cells[index + 1], value));
    const isLow = share !== null && over >= 10 && share < 0.8;
    mark(made.cells[7], `number ${isLow ? (share < 0.5 ? 'bad' : 'warn') : ''}`);
  }

  draw(nodes) {
    const rows = this.rows(nodes);
    keyed(this.body, rows, (row) => row.key, () => this.make(), (made, row) => this.update(made, row));
    show(byId('queues-empty'), !rows.length);
    show(byId('queues'), rows.length > 0);
    const first = nodes.map((node) => node.stats?.since).filter(Boolean).sort()[0];
    put(byId('queues-since'), first && rows.length ? `counted since ${since(moment(first))}` : '');
  }
}

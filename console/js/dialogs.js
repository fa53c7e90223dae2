// What opens above the page: one call with all that is known of it, and the question before a withdraw.

import { byId, el, keyed, put, show } from './dom.js';
import { duration, foreign, seconds } from './text.js';

const ANSWERS = {
  403: 'This user may only read.',
  404: 'It is not on offer any more.',
  409: 'An application has claimed it meanwhile.',
};

function who(call) {
  return [call.caller.name, call.caller.number].filter(Boolean).map((text) => foreign(text, 60)).join(', ') || foreign(call.id, 60);
}

/** Asks first, and tells what came of it. say(text) is for those who hear the page. */
export class WithdrawDialog {
  constructor(say) {
    this.say = say;
    this.box = byId('withdraw');
    byId('withdraw-no').addEventListener('click', () => this.box.close());
    byId('withdraw-yes').addEventListener('click', () => this.withdraw());
  }

  ask(call) {
    this.call = call;
    put(byId('withdraw-text'), `${who(call)}${call.queue ? `, in ${foreign(call.queue, 60)}` : ''}, has waited for ${seconds((performance.now() - call.from) / 1000)}.`);
    put(byId('withdraw-error'), '');
    this.box.showModal();
  }

  async withdraw() {
    const { call } = this;
    byId('withdraw-yes').disabled = true;
    try {
      const answer = await call.node.request('DELETE', `broadcasts/${encodeURIComponent(call.id)}`);
      if (answer.status === 204) {
        this.box.close();
        this.say(`The call of ${who(call)} is withdrawn.`);
      } else {
        put(byId('withdraw-error'), ANSWERS[answer.status] ?? `Asterisk answers ${answer.status}.`);
      }
    } catch {
      put(byId('withdraw-error'), 'Asterisk does not answer. Whether it is withdrawn cannot be told.');
    } finally {
      byId('withdraw-yes').disabled = false;
    }
  }
}

/** One call. It stays as it was last when the call is over, and says so. */
export class CallDialog {
  constructor(board, withdraw, mayWithdraw) {
    this.board = board;
    this.mayWithdraw = mayWithdraw;
    this.box = byId('call');
    byId('call-close').addEventListener('click', () => this.box.close());
    byId('call-withdraw').addEventListener('click', () => {
      this.box.close();
      withdraw(this.call);
    });
    this.box.addEventListener('close', () => clearInterval(this.timer));
  }

  open(call) {
    this.call = call;
    put(byId('call-title'), who(call));
    this.draw();
    this.box.showModal();
    this.refresh();
    this.timer = setInterval(() => this.refresh(), 1000);
  }

  async refresh() {
    const { call } = this;
    try {
      const answer = await call.node.request('GET', `broadcasts/${encodeURIComponent(call.id)}`);
      if (answer.status === 200) call.detail = answer.body;
    } catch { /* The page says itself that nobody answers. */ }
    if (this.box.open) this.draw();
  }

  draw() {
    const isOpen = this.board.calls.has(this.call.key);
    keyed(byId('call-facts'), this.facts(isOpen), ([name]) => name, ([name]) => {
      const value = el('dd');
      return { node: el('div', {}, el('dt', {}, name), value), value };
    }, (made, [, value]) => put(made.value, value));
    show(byId('call-withdraw'), isOpen && this.mayWithdraw(this.call));
  }

  facts(isOpen) {
    const { call } = this;
    const { detail } = call;
    const ended = this.board.ended.find((one) => one.id === call.id && one.node === call.node);
    const state = isOpen ? `on offer, ${seconds((performance.now() - call.from) / 1000)} so far` : ended
      ? `over: ${ended.outcome}${ended.winner ? ` by ${foreign(ended.winner)}` : ''}` : 'over';
    const names = (list) => (list.length ? list.map((name) => foreign(name, 256)).join(', ') : 'nobody');
    return [
      ['State', state], ['Channel', `${foreign(call.id, 200)} on ${call.node.name}`], ['Dialled', foreign(call.called) || '–'],
      ['Queue', `${foreign(call.queue) || '–'}${call.priority ? `, priority ${call.priority}` : ''}`],
      ['On offer for', duration(call.timeout)],
      ...(call.bids ? [['Bids', `collected for ${duration(call.bids)} from the first one on`]] : []),
      ...(detail ? [['Filter', foreign(detail.app_filter, 256) || 'none: everybody'], ['Circle', detail.round],
        [`Heard by (${detail.recipients.length})`, names(detail.recipients)], ['Declined by', names(detail.declined)],
        ...Object.entries(detail.channelvars ?? {}).map(([name, value]) => [foreign(name), foreign(value, 256) || '–'])] : []),
    ];
  }
}

// The panel that asks Asterisk which applications would hear of a call with a filter.

import { byId, el } from './dom.js';
import { count, foreign } from './text.js';

const SHOWN = 100;

export class TesterPanel {
  /** nodes() are those to ask. */
  constructor(nodes) {
    this.nodes = nodes;
    byId('tester-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.ask();
    });
  }

  async ask() {
    const filter = byId('tester-filter').value;
    const query = `broadcastMatch?limit=${SHOWN}${filter ? `&filter=${encodeURIComponent(filter)}` : ''}`;
    const asked = this.nodes().filter((node) => node.state === 'live');
    const answers = await Promise.all(asked.map((node) => node.request('GET', query).catch(() => null)));
    const several = this.nodes().length > 1;
    const circles = filter.includes('&') ? [el('p', { class: 'dim' }, 'This is for one filter. With circles, ask for each of those between "&".')] : [];
    byId('tester-answer').replaceChildren(...circles, ...(asked.length
      ? answers.flatMap((answer, index) => this.tell(answer, several ? `${asked[index].name}: ` : ''))
      : [el('p', {}, 'Asterisk is away: there is nobody to ask.')]));
  }

  tell(answer, where) {
    if (answer?.status !== 200) {
      const why = answer ? foreign(answer.body?.message, 300) || `Asterisk answers ${answer.status}` : 'no answer';
      return [el('p', { class: 'error' }, where + why)];
    }
    const { matched, there, applications, is_complete: isComplete } = answer.body;
    const names = applications.map((name) => el('li', {}, el('bdi', {}, foreign(name, 256))));
    if (matched > names.length) names.push(el('li', {}, `and ${matched - names.length} more`));
    return [
      el('p', {}, `${where}${matched} of ${count(there, 'application')} would hear of it.`),
      ...(isComplete ? [] : [el('p', { class: 'error' }, 'The filter takes too long: those that are not listed would not hear of it.')]),
      el('ul', { class: 'names' }, ...names),
    ];
  }
}

// What an administrator should see first: what is wrong now, the worst first, each in one sentence.

import { Minutes, missed } from './minutes.js';
import { clock, count, foreign, seconds } from './text.js';

// A caller who waits so long deserves a look, and then an alarm. In seconds.
const LONG = 20;
const TOO_LONG = 60;

// The minutes that count for how many calls find nobody.
const RECENT = 5;

/** kind tells it from all others, and stays while numbers in the text change. */
function problem(kind, level, text) {
  return { kind, level, text };
}

function ofNode(node, several) {
  const who = several ? `${node.name}: ` : '';
  const tell = (level, text) => problem(`${node.url} ${node.state}`, level, who + text);
  switch (node.state) {
    case 'away': return tell('bad', `Asterisk has not answered since ${clock(node.since)}. What is shown of it is old. ${node.reason}`);
    case 'refused': return tell('bad', node.reason);
    case 'unfit': return tell('bad', node.reason);
    case 'connecting': return tell('warn', 'connecting …');
    default: return null;
  }
}

function ofLine(board, now) {
  const call = board.longest();
  const waits = call ? (now - call.from) / 1000 : 0;
  if (waits < LONG) return null;
  const who = foreign(call.caller.name || call.caller.number || call.id, 40);
  return problem('line', waits < TOO_LONG ? 'warn' : 'bad', `${who} has waited for ${seconds(waits)}${call.queue ? ` in ${foreign(call.queue, 40)}` : ''}`);
}

function ofMisses(board) {
  const recent = Minutes.sum(board.minutes.last(RECENT));
  const [missing, all] = [missed(recent), missed(recent) + recent.claimed];
  if (missing < 3 || missing / all < 0.1) return null;
  return problem('misses', missing / all < 0.3 ? 'warn' : 'bad',
    `${missing} of ${count(all, 'call')} found nobody in the last ${RECENT} minutes`
    + ` (${recent.timeout} timed out, ${recent.hangup} hung up, ${recent.declined} declined)`);
}

function names(workers, state) {
  const some = workers.filter((worker) => worker.state === state).map((worker) => foreign(worker.name, 40));
  return some.length > 3 ? `${some.slice(0, 3).join(', ')} and ${some.length - 3} more` : some.join(', ');
}

function ofWorkers(workers) {
  const all = workers.all();
  const census = workers.census();
  const found = [];
  const tell = (state, one, many, level) => {
    if (census[state]) found.push(problem(state, level, `${count(census[state], one, many)}: ${names(all, state)}`));
  };
  tell('stalled', 'worker does not read', 'workers do not read', 'bad');
  tell('silent', 'worker does not answer', 'workers do not answer', census.silent === census.there ? 'bad' : 'warn');
  tell('twice', 'worker is connected twice', 'workers are connected twice', 'warn');
  return found;
}

/** What is wrong: {kind, level: "bad" or "warn", text} each, the worst first. */
export function problems(nodes, board, workers) {
  const found = nodes.map((node) => ofNode(node, nodes.length > 1)).filter(Boolean);
  const live = nodes.filter((node) => node.state === 'live' && node.stats);
  if (live.length && !workers.census().there) found.push(problem('nobody', 'bad', 'No application is connected: nobody takes calls'));
  found.push(...[ofLine(board, performance.now()), ofMisses(board)].filter(Boolean), ...ofWorkers(workers));
  if (board.unseen) found.push(problem('unseen', 'warn', `${count(board.unseen, 'offer')} did not reach this page: it was too slow, or cut off`));
  return found.sort((one, other) => (other.level === 'bad') - (one.level === 'bad'));
}

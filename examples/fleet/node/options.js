/*
 * The command line of worker.js.
 */
'use strict';

const { randomUUID } = require('node:crypto');
const { appendFileSync } = require('node:fs');
const { parseArgs } = require('node:util');

const USAGE = `usage: worker.js --app NAME [option ...]

Claim calls that a fleet of Asterisks offers over NATS.

  --app NAME            the name of this ARI application; each worker should have one of its own
  --nats URL[,URL...]   servers of NATS (nats://127.0.0.1:4222)
  --nats-user USER      user of NATS, if it wants one
  --nats-password TEXT  its password; better in the environment, as NATS_PASSWORD
  --prefix PREFIX       what all subjects begin with (sb.v1)
  --worker NAME         what tells this process from others of the same application (drawn)
  --user USER           ARI user, on all nodes (ari)
  --password PASSWORD   its password; better in the environment, as ARI_PASSWORD (ari)
  --capacity N          hold so many calls at once (1)
  --when-full WHAT      decline offers (the default), or leave them open: one is taken after the next call
  --policy POLICY       claim (the default) | decline | ignore
  --score N             bid so much, 0 to 1000, where an offer asks for bids
  --think MS            wait so long before a claim (0)
  --play MEDIA          an ARI media URI (sound:hello-world)
  --then WHAT           after it: hangup (the default), keep the call, or continue in the dialplan
  --events FILE         write what happens as JSON lines to FILE, - for standard output`;

class WrongOption extends Error {}

const string = (value) => ({ type: 'string', default: value });
const OPTIONS = {
  app: { type: 'string' },
  nats: string('nats://127.0.0.1:4222'),
  'nats-user': { type: 'string' },
  'nats-password': string(process.env.NATS_PASSWORD),
  prefix: string('sb.v1'),
  worker: string(randomUUID()),
  user: string('ari'),
  password: string(process.env.ARI_PASSWORD ?? 'ari'),
  capacity: string('1'),
  'when-full': string('decline'),
  policy: string('claim'),
  score: { type: 'string' },
  think: string('0'),
  play: string('sound:hello-world'),
  then: string('hangup'),
  events: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};
const WORDS = {
  'when-full': ['decline', 'leave'],
  policy: ['claim', 'decline', 'ignore'],
  then: ['hangup', 'keep', 'continue'],
};

function number(options, name, least, most) {
  const value = Number(options[name]);
  if (options[name].trim() === '' || !Number.isInteger(value) || value < least || value > most) {
    throw new WrongOption(`--${name} ${options[name]} is not a whole number from ${least} to ${most}`);
  }
  return value;
}

/* A name that nodes do not take would only be seen in their counters. */
function checkName(option, name, most) {
  const length = Buffer.byteLength(name);
  if (length < 1 || length > most) {
    throw new WrongOption(`--${option} has ${length} bytes; it is a name of 1 to ${most}`);
  }
}

/* Events that nobody can write would end it at the first one. */
function checkEvents(file) {
  try {
    if (file && file !== '-') {
      appendFileSync(file, '');
    }
  } catch (error) {
    throw new WrongOption(`--events ${file}: ${error.message}`);
  }
}

/* What the command line asks for; throws a WrongOption whose text says what is wrong with it. */
function parse(words) {
  const options = { ...parseArgs({ args: words, options: OPTIONS }).values };
  if (options.help) {
    return options;
  }
  if (!options.app) {
    throw new WrongOption('--app NAME is missing; see --help');
  }
  for (const [name, words] of Object.entries(WORDS)) {
    if (!words.includes(options[name])) {
      throw new WrongOption(`--${name} ${options[name]} is not known; it is ${words.join(' or ')}`);
    }
  }
  options.capacity = number(options, 'capacity', 1, 1000);
  options.think = number(options, 'think', 0, 60000);
  if (options.score !== undefined) {
    options.score = number(options, 'score', 0, 1000);
  }
  if (!/^[A-Za-z0-9_:-]+(\.[A-Za-z0-9_:-]+)*$/.test(options.prefix)) {
    throw new WrongOption(`--prefix ${options.prefix} is not a subject of NATS: letters, digits and _ : - between dots`);
  }
  checkName('app', options.app, 256);
  checkName('worker', options.worker, 128);
  checkEvents(options.events);
  return options;
}

module.exports = { USAGE, parse };

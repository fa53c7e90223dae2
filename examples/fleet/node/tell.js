/*
 * Says what happens, in lines that nobody else can shape: a caller chooses names, numbers and IDs.
 */
'use strict';

const fs = require('node:fs');

/* As JSON, in ASCII: it cannot begin a line, nor steer the terminal. */
function quoted(value) {
  const code = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return (JSON.stringify(value) ?? 'null').replace(/[\u007f-\uffff]/g, code);
}

/* A function that tells what happened: a JSON line with --events, else a line to read. */
function teller(options) {
  return function tell(what, details = {}) {
    const line = { time: Date.now() / 1000, app: options.app, worker: options.worker, event: what, ...details };
    if (options.events === '-') {
      process.stdout.write(`${quoted(line)}\n`);
    } else if (options.events) {
      fs.appendFileSync(options.events, `${quoted(line)}\n`);
    } else {
      const text = Object.entries(details).map(([name, value]) => `${name}=${quoted(value)}`);
      const head = [new Date().toTimeString().slice(0, 8), `${quoted(options.app)}:`, what];
      process.stdout.write(`${[...head, ...text].join(' ')}\n`);
    }
  };
}

module.exports = { quoted, teller };

/*
 * An application with ari-client as it comes, led by lines of JSON: ari_client.js URL APPLICATION
 *
 * Reads   {"call": "resource.function", "parameters": {...}}
 * Writes  {"ready": [functions of client.events and client.broadcasts]}, then {"event": ..., "resource": ID}
 *         for each event, and {"answer": ...} or {"error": ...} for each call.
 */
'use strict';

const ari = require('ari-client');
const readline = require('node:readline');

// ari-client's Swagger library greets on standard output.
console.log = console.error;

const [url, application] = process.argv.slice(2);

function write(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function call(client, line) {
  const { call: name, parameters } = JSON.parse(line);
  const [resource, operation] = name.split('.');
  try {
    write({ answer: await client[resource][operation](parameters) });
  } catch (error) {
    write({ error: error.message });
  }
}

function functions(client, resource) {
  return Object.keys(client[resource] || {}).map((operation) => `${resource}.${operation}`);
}

async function main() {
  const client = await ari.connect(url, 'ari', 'ari');
  client.on('*', (event, resource) => write({ event, resource: resource && resource.id }));
  await client.start(application);
  readline.createInterface({ input: process.stdin })
    .on('line', (line) => call(client, line))
    .on('close', () => process.exit(0));
  write({ ready: [...functions(client, 'events'), ...functions(client, 'broadcasts')] });
}

main();

/*
 * A browser that is led by lines of JSON: browser.js PROGRAM
 *
 * Reads   {"id": N, "on": "page" | "keyboard" | "context" | "tool", "call": method of Playwright's, "arguments": [...]}
 * Writes  {"id": N, "answer": ...} or {"id": N, "error": ...} for each, and {"told": "console" | "error" | "request", ...}
 *         for what the page does by itself.
 */
'use strict';

const axe = require('axe-core');
const { chromium } = require('playwright-core');
const readline = require('node:readline');

const objects = { tool: {} };

function write(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** A page with nothing from earlier ones: {viewport, colorScheme, ...} of Playwright's newContext. */
objects.tool.open = async (options) => {
  await objects.context?.close();
  objects.context = await objects.browser.newContext(options);
  objects.page = await objects.context.newPage();
  objects.page.setDefaultTimeout(15000);
  objects.keyboard = objects.page.keyboard;
  objects.page.on('console', (message) => write({ told: 'console', type: message.type(), text: message.text() }));
  objects.page.on('pageerror', (error) => write({ told: 'error', text: error.message }));
  objects.page.on('request', (request) => write({ told: 'request', url: request.url() }));
};

/** What can be read in all that a selector finds, one a line: what is not on the page cannot. */
objects.tool.read = (selector) => objects.page.evaluate((wanted) => [...document.querySelectorAll(wanted)]
  .filter((one) => one.checkVisibility()).map((one) => one.innerText.replace(/\s+/g, ' ').trim()).join('\n'), selector);

/** What axe-core finds wrong: [{rule, help, nodes}]. Past the page's content security policy, which lets nothing in. */
objects.tool.axe = async (rules) => {
  const session = await objects.context.newCDPSession(objects.page);
  await session.send('Runtime.evaluate', { expression: axe.source });
  const found = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, ${JSON.stringify(rules)}).then((result) => JSON.stringify(result.violations))`,
    awaitPromise: true, returnByValue: true,
  });
  await session.detach();
  return JSON.parse(found.result.value).map((one) => ({
    rule: one.id, help: one.help, nodes: one.nodes.map((node) => `${node.html} ${node.failureSummary}`).slice(0, 5),
  }));
};

async function run({ id, on, call, arguments: given }) {
  try {
    write({ id, answer: (await objects[on][call](...given)) ?? null });
  } catch (error) {
    write({ id, error: error.message });
  }
}

async function main() {
  objects.browser = await chromium.launch({ executablePath: process.argv[2] });
  readline.createInterface({ input: process.stdin })
    .on('line', (line) => run(JSON.parse(line)))
    .on('close', async () => {
      await objects.browser.close();
      process.exit(0);
    });
  write({ told: 'ready' });
}

main();

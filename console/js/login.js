// The log-in: asked for once a tab, and kept in it.

import { byId, put, show } from './dom.js';

const KEY = 'stasis-broadcast-console';

/** Where this page's own Asterisk is: what is before /static; anything else may be typed in. */
function ownUrl() {
  const end = location.pathname.lastIndexOf('/static/');
  return /^https?:/.test(location.protocol) && end >= 0 ? location.origin + location.pathname.slice(0, end) : 'http://127.0.0.1:8088';
}

/** What is kept for the tab: {user, password, urls}, or null. */
export function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

export function keep(login) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(login));
  } catch { /* A browser that keeps nothing for pages: it is asked for again after a reload. */ }
}

export function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch { /* Nothing was kept. */ }
}

/** The URLs, one a line; throws a text about the first that is none. */
function readUrls(text) {
  const urls = text.split(/\s+/).filter(Boolean).map((word) => word.replace(/\/(ari)?\/*$/, ''));
  for (const url of urls) {
    if (!URL.canParse(url) || !/^https?:\/\//.test(url)) throw new Error(`${url} is not a URL: give http://host:port`);
    const { host, username, password, search, hash } = new URL(url);
    if (username || password || search || hash) throw new Error(`The URL of ${host} is to be http://host:port, without a user, "?" and "#"`);
  }
  if (!urls.length) throw new Error('Give the URL of an Asterisk');
  return [...new Set(urls)];
}

/** What the page's address says about nodes: one URL a line; "" if it says nothing. */
function givenNodes() {
  const [, given = ''] = /[#&]nodes=([^&]*)/.exec(location.hash) ?? [];
  try {
    return decodeURIComponent(given).replaceAll(',', '\n');
  } catch {
    // A "%" that stands for itself: as it is, to be corrected.
    return given.replaceAll(',', '\n');
  }
}

/** Show the form. enter(login) tries it, and returns what is wrong, or nothing. */
export function ask(enter) {
  const form = byId('login-form');
  const fields = form.elements;
  if (!fields.nodes.value) {
    const given = givenNodes();
    fields.nodes.value = given || ownUrl();
    byId('login-nodes').open = Boolean(given) || !location.pathname.includes('/static/');
  }
  form.onsubmit = async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    put(byId('login-error'), '');
    try {
      const login = { user: fields.user.value, password: fields.password.value, urls: readUrls(fields.nodes.value) };
      const wrong = await enter(login);
      put(byId('login-error'), wrong ?? '');
      if (!wrong) fields.password.value = '';
    } catch (error) {
      put(byId('login-error'), error.message);
    } finally {
      button.disabled = false;
    }
  };
  show(byId('login-plain'), !isSecureContext);
  show(byId('login'), true);
  fields.user.focus();
}

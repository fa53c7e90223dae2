// Dark, light, or as the system has it; kept in this browser.

import { put } from './dom.js';

const KEY = 'stasis-broadcast-theme';
const NEXT = { auto: 'dark', dark: 'light', light: 'auto' };

function read() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept in NEXT ? kept : 'auto';
  } catch {
    // A browser that keeps nothing for pages.
    return 'auto';
  }
}

function keep(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch { /* It holds for this page, until it is loaded again. */ }
}

/** Have a button go round the three. */
export function startTheme(button) {
  let shown = read();
  const set = (theme) => {
    shown = theme;
    document.documentElement.dataset.theme = theme;
    put(button, `Theme: ${theme}`);
  };
  set(shown);
  button.addEventListener('click', () => {
    set(NEXT[shown]);
    keep(shown);
  });
}

// Dark, light, or as the system has it; kept in this browser.

import { put } from './dom.js';

const KEY = 'stasis-broadcast-theme';
const NEXT = { auto: 'dark', dark: 'light', light: 'auto' };

function read() {
  const kept = localStorage.getItem(KEY);
  return kept in NEXT ? kept : 'auto';
}

/** Have a button go round the three. */
export function startTheme(button) {
  const set = (theme) => {
    document.documentElement.dataset.theme = theme;
    put(button, `Theme: ${theme}`);
  };
  set(read());
  button.addEventListener('click', () => {
    const theme = NEXT[read()];
    localStorage.setItem(KEY, theme);
    set(theme);
  });
}

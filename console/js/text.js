// Values as people read them. What a caller or an application has chosen is text: it is shown, and never markup.

/** A duration in milliseconds, short: "830 ms", "4.2 s", "42 s", "3:07", "2:03:07"; "–" for none. */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return '–';
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10000) return `${(ms / 1000).toFixed(1)} s`;
  return seconds(ms / 1000);
}

/** A time that runs, in whole seconds, so that it changes once a second: "7 s", "3:07". */
export function seconds(value) {
  const all = Math.max(0, Math.floor(value));
  if (all < 60) return `${all} s`;
  const two = (number) => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

/** The time of day of a moment in milliseconds since 1970. */
export function clock(ms, withSeconds = true) {
  return new Date(ms).toLocaleTimeString([], { hour12: false, hour: '2-digit', minute: '2-digit', ...(withSeconds && { second: '2-digit' }) });
}

/** A moment of today by its time, one of another day with its date. */
export function since(ms) {
  const day = new Date(ms);
  const date = `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')} `;
  return (day.toDateString() === new Date().toDateString() ? '' : date) + clock(ms, false);
}

/** A moment as ARI writes it, in ms since 1970. */
export function moment(text) {
  return Date.parse(String(text).replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

/** "1 call", "2 calls". */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

// Controls, and what turns the direction of the text around it.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A text that somebody else has chosen, on one line: what cannot be seen is shown as such. */
export function foreign(text, most = 120) {
  const shown = String(text ?? '').replace(UNSEEN, '\ufffd');
  return shown.length > most ? `${shown.slice(0, most)}…` : shown;
}

// Two small charts of the last hour, as SVG: a bar or a point for each minute.

import { el, put } from './dom.js';

const HEIGHT = 100;

function svg(tag, attributes = {}) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** The next round number: 1, 2, 5, 10, 20, … */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

/** What both have: the frame, the scale's words, a label for those who do not see it. */
class Chart {
  constructor(place, width) {
    this.drawing = svg('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
    this.drawing.append(...[0.5].map((share) => svg('line', { class: 'grid', x1: 0, x2: width, y1: HEIGHT * share, y2: HEIGHT * share })));
    this.top = el('span', { class: 'scale', 'aria-hidden': 'true' });
    place.append(this.drawing, this.top, el('span', { class: 'from', 'aria-hidden': 'true' }, '1 h ago'), el('span', { class: 'to', 'aria-hidden': 'true' }, 'now'));
  }

  label(text, top) {
    if (this.labelled !== text) this.drawing.setAttribute('aria-label', this.labelled = text);
    put(this.top, top);
  }
}

/** Stacked bars. */
export class Bars extends Chart {
  constructor(place, number, classes) {
    super(place, number);
    this.bars = Array.from({ length: number }, (_, index) => classes.map((name) => {
      const bar = svg('rect', { class: name, x: index + 0.1, width: 0.8, y: HEIGHT, height: 0 });
      this.drawing.append(bar);
      return bar;
    }));
  }

  /** rows: for each bar the values from the bottom up. label and top are texts. */
  draw(rows, most, label, top) {
    rows.forEach((values, index) => {
      let y = HEIGHT;
      values.forEach((value, which) => {
        const height = (HEIGHT * value) / most;
        y -= height;
        const bar = this.bars[index][which];
        if (bar.is === `${y} ${height}`) return;
        bar.is = `${y} ${height}`;
        bar.setAttribute('y', y);
        bar.setAttribute('height', height);
      });
    });
    this.label(label, top);
  }
}

/** Lines, broken where there is no value; the scale is a logarithm's. */
export class Lines extends Chart {
  constructor(place, number, classes) {
    super(place, number - 1);
    this.lines = classes.map((name) => {
      const line = svg('path', { class: name, 'vector-effect': 'non-scaling-stroke' });
      this.drawing.append(line);
      return line;
    });
  }

  /** columns: for each line its values, null where there is none. */
  draw(columns, least, most, label, top) {
    const high = Math.log(most / least);
    const y = (value) => (HEIGHT * (1 - Math.log(Math.max(value, least) / least) / high)).toFixed(1);
    columns.forEach((values, which) => {
      const path = values.map((value, x) => {
        if (value === null) return '';
        const alone = (values[x - 1] ?? null) === null;
        return `${alone ? `M${Math.max(0, x - 0.4)} ${y(value)}L` : 'L'}${x} ${y(value)}`;
      }).join('');
      if (this.lines[which].is !== path) this.lines[which].setAttribute('d', this.lines[which].is = path);
    });
    this.label(label, top);
  }
}

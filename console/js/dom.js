// The few things that all panels do with the page. Text goes in by textContent only.

export const byId = (id) => document.getElementById(id);

/** An element: el('td', {class: 'number', role: 'cell'}, child or text, ...). */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Set an element's text, if it is another one than last time: most of what is drawn again has not changed. */
export function put(node, text) {
  const wanted = String(text);
  if (node.shown !== wanted) {
    node.textContent = wanted;
    node.shown = wanted;
  }
}

/** Set an element's class, if it is another one. */
export function mark(node, className) {
  if (node.className !== className) node.className = className;
}

/** Show or hide an element. */
export function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

// A moved element keeps its focus and its place in scrolling where the browser can do that.
function place(parent, node, before) {
  if (node.parentNode === parent && parent.moveBefore) {
    parent.moveBefore(node, before);
    return;
  }
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(node, before);
  focused?.focus({ preventScroll: true });
}

/**
 * Have one child for each item, in their order. What is there stays, so that focus and selection do.
 * keyOf(item) is its name; make(item) returns {node, ...}, once; update(made, item) fills it in.
 */
export function keyed(parent, items, keyOf, make, update) {
  const before = parent.made ?? new Map();
  const after = new Map();
  for (const item of items) {
    const key = keyOf(item);
    after.set(key, before.get(key) ?? make(item));
  }
  for (const [key, made] of before) if (!after.has(key)) leave(parent, made.node);
  parent.made = after;
  let next = parent.firstElementChild;
  for (const item of items) {
    const made = after.get(keyOf(item));
    update(made, item);
    if (made.node === next) next = next.nextElementSibling;
    else place(parent, made.node, next);
  }
}

// Who had the focus in a row that goes finds it on what scrolls around it, and not at the top of the page.
function leave(parent, node) {
  const had = node.contains(document.activeElement);
  node.remove();
  if (had) parent.closest('[tabindex]')?.focus({ preventScroll: true });
}

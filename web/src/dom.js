// Elements without markup strings: data only ever becomes text nodes.

/** el('p', {class: 'x', onclick: f}, 'text', child, ...) */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Sets text only when it differs, so that nothing is laid out for nothing. */
export function setText(node, value) {
  const wanted = String(value);
  if (node.textContent !== wanted) node.textContent = wanted;
}

/** A command with a button that copies it. */
export function command(value, labels) {
  const button = el('button', { type: 'button', class: 'copy' }, labels.copy);
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(value);
      button.textContent = labels.copied;
    } catch {
      getSelection().selectAllChildren(code);
    }
  });
  const code = el('code', {}, value);
  return el('div', { class: 'command' }, el('pre', {}, code), button);
}

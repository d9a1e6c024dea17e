/** The focus, where a layout makes its elements anew. */

const nameOf = (node) => node.getAttribute("aria-label") || node.textContent;

/**
 * After the change the focus is on what it was on before, or on what has its name or place now.
 * @param {HTMLElement} root  @param {() => void} change
 */
export function keepFocus(root, change) {
  const active = root.getRootNode().activeElement;
  const held = active && root.contains(active) ? active : null;
  const like = () => [...root.querySelectorAll(held.tagName)];
  const [name, place] = held ? [nameOf(held), like().indexOf(held)] : [];
  change();
  if (!held || root.contains(root.getRootNode().activeElement)) return;
  const now = like();
  const next = nameOf(now[place] ?? root) === name ? now[place] : now.find((node) => nameOf(node) === name) ?? now[place];
  next?.focus({ preventScroll: true });
}

/**
 * What is wrong with how a page is laid out, in words: what lies on something else, is cut, or stands
 * outside of the window. Of the page and of its stages, whose parts are in shadow trees.
 */
() => {
  const ITEMS =
    "h1, h2, h3, button:not(.handle), select, figcaption, canvas:not(.overlay), table, p, label, input, " +
    "summary, .katex-html, .label, .where, .end, .row";
  const APART = ".unseen, [data-testid=stSlider] [data-baseweb], [data-testid=stSlider] input";
  const LEADING = 6; // pixels that a line's own leading may reach into another's
  const ROUNDED = 3;
  const main = document.querySelector("[data-testid=stMain]");
  const wide = document.documentElement.clientWidth;
  const deep = (root) => [...root.querySelectorAll("*")].flatMap((n) => [n, ...(n.shadowRoot ? deep(n.shadowRoot) : [])]);
  const above = (n) => n.parentElement ?? n.getRootNode().host;
  const chain = (n) => (n ? [n, ...chain(above(n))] : []);
  const name = (n) => `${n.tagName.toLowerCase()} "${(n.textContent || n.getAttribute("aria-label") || "").trim().slice(0, 40)}"`;
  const isSeen = (n) => n.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const isScrolled = (n) =>
    chain(above(n)).some((a) => ["auto", "scroll"].includes(getComputedStyle(a).overflowX) && a.scrollWidth > a.clientWidth + 1);
  const every = deep(main);
  const items = every.filter((n) => n.matches(ITEMS) && !n.closest(APART) && isSeen(n));
  const holders = new Set(items.flatMap((n) => chain(above(n))));
  const leaves = items
    .filter((n) => !holders.has(n) && !isScrolled(n))
    .map((node) => ({ node, box: node.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 1 && box.height > 1);
  const outside = leaves.filter(({ box }) => box.left < -1 || box.right > wide + 1);
  const hides = (n) => !n.matches("input") && ["hidden", "clip"].includes(getComputedStyle(n).overflowX);
  const cut = [...items.filter(hides), ...every.filter((n) => n.matches(".katex-display, .matrix") && isSeen(n))]
    .filter((n) => n.scrollWidth > n.clientWidth + ROUNDED);
  const isOn = (a, b) =>
    a.left < b.right - LEADING && b.left < a.right - LEADING && a.top < b.bottom - LEADING && b.top < a.bottom - LEADING;
  const onOther = leaves.flatMap((a, i) =>
    leaves.slice(i + 1)
      .filter((b) => a.node.parentElement !== b.node.parentElement && isOn(a.box, b.box))
      .map((b) => `${name(a.node)} is on ${name(b.node)}`)
  );
  return [
    ...outside.map(({ node }) => `${name(node)} is outside`),
    ...cut.map((n) => `${name(n)} is cut`),
    ...onOther,
    ...(document.scrollingElement.scrollWidth > wide || main.scrollWidth > main.clientWidth ? ["the page is wider than the window"] : []),
  ];
}
